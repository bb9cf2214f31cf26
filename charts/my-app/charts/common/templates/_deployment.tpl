{{/* The Deployment or Rollout. deploymentSpec and rolloutSpec take precedence over the chart's fields. */}}
{{- define "common.deployment" -}}
{{ include "common.workload" . }}
metadata:
  {{- include "common.metadata" (dict "service" . "annotations" .Values.deploymentAnnotations) | nindent 2 }}
spec:
  {{- $more := include "common.isRollout" . | empty | ternary .Values.deploymentSpec .Values.rolloutSpec | default dict }}
  {{- toYaml (mergeOverwrite (include "common.deploymentSpec" . | fromYaml) $more) | nindent 2 }}
{{- end -}}

{{- define "common.deploymentSpec" -}}
{{- /*
An autoscaler owns the field: rendering it would reset its number at each upgrade and rollback (docs/delivery.md).
*/}}
{{- if and (not .Values.autoscaling.enabled) (not (kindIs "invalid" .Values.replicaCount)) }}
replicas: {{ .Values.replicaCount }}
{{- end }}
revisionHistoryLimit: {{ .Values.revisionHistoryLimit }}
{{ include "common.strategy" . | trim }}
selector:
  matchLabels:
    {{- include "common.selectorLabels" . | nindent 4 }}
template:
  {{- include "common.pod" . | nindent 2 }}
{{- end -}}
