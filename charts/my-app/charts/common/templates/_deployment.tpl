{{- define "common.deployment" -}}
{{ include "common.workload" . }}
metadata:
  {{- include "common.metadata" (dict "service" . "annotations" .Values.deploymentAnnotations) | nindent 2 }}
spec:
  replicas: {{ include "common.replicas" . }}
  revisionHistoryLimit: {{ .Values.revisionHistoryLimit }}
  {{- include "common.strategy" . | trim | nindent 2 }}
  selector:
    matchLabels:
      {{- include "common.selectorLabels" . | nindent 6 }}
  template:
    {{- include "common.pod" . | nindent 4 }}
{{- end -}}
