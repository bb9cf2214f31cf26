{{- define "common.image" -}}
{{- $global := (.Values.global).image | default dict -}}
{{- $repository := .Values.image.repository | default .Chart.Name -}}
{{- with $global.registry }}{{ $repository = printf "%s/%s" (trimSuffix "/" .) (base $repository) }}{{ end -}}
{{- with .Values.image.digest -}}
{{ $repository }}@{{ . }}
{{- else -}}
{{- if $global.requireDigest }}
  {{- fail (printf "%s: global.image.requireDigest is true, but %s.image.digest is not set: publish a release, which sets it (docs/delivery.md)" $.Chart.Name $.Chart.Name) }}
{{- end -}}
{{ $repository }}:{{ include "common.tag" . | default (contains "/" $repository | ternary .Chart.AppVersion "latest") }}
{{- end -}}
{{- end -}}

{{/* The configured tag, if any. */}}
{{- define "common.tag" -}}
{{- .Values.image.tag | default ((.Values.global).image).tag | default "" -}}
{{- end -}}

{{- define "common.imagePullSecrets" -}}
{{- $secrets := list -}}
{{- range concat ((.Values.global).imagePullSecrets | default list) (.Values.imagePullSecrets | default list) -}}
  {{- $secrets = append $secrets (kindIs "string" . | ternary (dict "name" .) .) -}}
{{- end -}}
{{- with uniq $secrets -}}
imagePullSecrets:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}
