{{/* OpenShift assigns IDs to each namespace and rejects others. IDs that a user has set are kept. */}}
{{- define "common.podSecurityContext" -}}
{{- $context := .Values.podSecurityContext | default dict -}}
{{- if .Capabilities.APIVersions.Has "security.openshift.io/v1" -}}
  {{- range list "runAsUser" "runAsGroup" "fsGroup" -}}
    {{- if eq (get $context . | toString) "65532" }}{{ $context = omit $context . }}{{ end -}}
  {{- end -}}
{{- end -}}
{{- toYaml $context -}}
{{- end -}}
