{{- define "common.deployment" -}}
apiVersion: apps/v1
kind: Deployment
metadata:
  {{- include "common.metadata" (dict "service" . "annotations" .Values.deploymentAnnotations) | nindent 2 }}
spec:
  {{- if not .Values.autoscaling.enabled }}
  replicas: {{ .Values.replicaCount }}
  {{- else }}
  {{- /* Helm would scale to one pod where a number that was there is not any more, so this repeats what runs. Argo CD
       looks nothing up: it leaves the field alone with ignoreDifferences and RespectIgnoreDifferences. */}}
  {{- with lookup "apps/v1" "Deployment" .Release.Namespace (include "common.fullname" .) }}
  replicas: {{ .spec.replicas }}
  {{- end }}
  {{- end }}
  revisionHistoryLimit: {{ .Values.revisionHistoryLimit }}
  strategy:
    {{- $other := ne .Values.strategy.type "RollingUpdate" }}
    {{- toYaml ($other | ternary (omit .Values.strategy "rollingUpdate") .Values.strategy) | nindent 4 }}
  selector:
    matchLabels:
      {{- include "common.selectorLabels" . | nindent 6 }}
  template:
    {{- include "common.pod" . | nindent 4 }}
{{- end -}}
