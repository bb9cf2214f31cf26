{{/* Those of the named values that are not empty, as fields of the same name: (list .Values "nodeSelector" "tolerations"). */}}
{{- define "common.fields" -}}
{{- $values := first . -}}
{{- range $name := rest . -}}
{{- with get $values $name }}
{{ toYaml (dict $name .) }}
{{- end }}
{{- end -}}
{{- end -}}
