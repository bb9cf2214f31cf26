{{- define "common.horizontalPodAutoscaler" -}}
{{- with .Values.autoscaling -}}
{{- if .enabled -}}
{{- if gt (int .minReplicas) (int .maxReplicas) }}
  {{- fail (printf "%s: autoscaling.minReplicas exceeds autoscaling.maxReplicas" $.Chart.Name) }}
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
      {{- fail (printf "%s: autoscaling requires resources.requests.%s, because its target is a percentage of it" $.Chart.Name $resource) }}
    {{- end }}
    # Of the service's container alone: sidecars have their own load.
    - type: ContainerResource
      containerResource:
        name: {{ $resource }}
        container: {{ $.Chart.Name }}
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
