{{- define "common.horizontalPodAutoscaler" -}}
{{- with .Values.autoscaling -}}
{{- if .enabled -}}
{{- if gt (int .minReplicas) (int .maxReplicas) }}
  {{- fail (printf "%s: autoscaling.minReplicas is above autoscaling.maxReplicas" $.Chart.Name) }}
{{- end -}}
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata:
  {{- include "common.metadata" (dict "service" $) | nindent 2 }}
spec:
  scaleTargetRef:
    {{- include "common.workload" $ | nindent 4 }}
    name: {{ include "common.fullname" $ }}
  minReplicas: {{ .minReplicas }}
  maxReplicas: {{ .maxReplicas }}
  metrics:
    {{- range $resource, $percentage := dict "cpu" .targetCPUUtilizationPercentage "memory" .targetMemoryUtilizationPercentage }}
    {{- with $percentage }}
    {{- if not (get (($.Values.resources).requests | default dict) $resource) }}
      {{- fail (printf "%s: autoscaling needs resources.requests.%s, of which its target is a percentage" $.Chart.Name $resource) }}
    {{- end }}
    - type: Resource
      resource:
        name: {{ $resource }}
        target:
          type: Utilization
          averageUtilization: {{ . }}
    {{- end }}
    {{- end }}
    {{- with .metrics }}
    {{- tpl (toYaml .) $ | nindent 4 }}
    {{- end }}
  {{- with .behavior }}
  behavior:
    {{- toYaml . | nindent 4 }}
  {{- end }}
{{- end -}}
{{- end -}}
{{- end -}}
