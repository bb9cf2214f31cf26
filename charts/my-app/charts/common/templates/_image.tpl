{{- define "common.image" -}}
{{- $repository := .Values.image.repository -}}
{{- with ((.Values.global).image).registry }}{{ $repository = printf "%s/%s" (trimSuffix "/" .) (base $repository) }}{{ end -}}
{{- with .Values.image.digest -}}
{{ $repository }}@{{ . }}
{{- else -}}
{{- if (($.Values.global).image).requireDigest }}
  {{- fail (printf "%s: global.image.requireDigest: no %s.image.digest: the first release writes it (docs/delivery.md)" $.Chart.Name $.Chart.Name) }}
{{- end -}}
{{ $repository }}:{{ include "common.tag" . | default (contains "/" $repository | ternary .Chart.AppVersion "latest") }}
{{- end -}}
{{- end -}}

{{/* The tag that was asked for, if any. A number from --set is an int64, one from a file a float64. */}}
{{- define "common.tag" -}}
{{- with coalesce .Values.image.tag ((.Values.global).image).tag -}}
{{- kindIs "string" . | ternary . (int64 .) -}}
{{- end -}}
{{- end -}}

{{- define "common.imagePullSecrets" -}}
{{- with concat ((.Values.global).imagePullSecrets | default list) (.Values.imagePullSecrets | default list) -}}
imagePullSecrets:
  {{- range . }}
  - {{ kindIs "string" . | ternary (dict "name" .) . | toYaml }}
  {{- end }}
{{- end }}
{{- end -}}
