{{- define "common.image" -}}
{{- $global := (.Values.global).image | default dict -}}
{{- $repository := .Values.image.repository -}}
{{- with $global.registry }}{{ $repository = printf "%s/%s" (trimSuffix "/" .) (base $repository) }}{{ end -}}
{{- with .Values.image.digest -}}
{{ $repository }}@{{ . }}
{{- else -}}
{{- $tag := coalesce .Values.image.tag $global.tag .Chart.AppVersion -}}
{{ $repository }}:{{ kindIs "string" $tag | ternary $tag (int64 $tag) }}
{{- end -}}
{{- end -}}

{{- define "common.imagePullSecrets" -}}
{{- with ((.Values.global).image).pullSecrets -}}
imagePullSecrets:
  {{- range . }}
  - name: {{ . }}
  {{- end }}
{{- end }}
{{- end -}}
