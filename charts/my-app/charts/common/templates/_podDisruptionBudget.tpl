{{/* Never blocks the drain of a node for good. */}}
{{- define "common.podDisruptionBudget" -}}
{{- with .Values.podDisruptionBudget -}}
{{- if .enabled -}}
{{- $pods := $.Values.autoscaling.enabled | ternary $.Values.autoscaling.minReplicas $.Values.replicaCount -}}
{{- if and (not (kindIs "string" .minAvailable)) (ge (int .minAvailable) (int $pods)) (int .minAvailable) }}
  {{- fail (printf "%s: podDisruptionBudget.minAvailable (%d) leaves none of %d pods to evict, and no node could be drained" $.Chart.Name (int .minAvailable) (int $pods)) }}
{{- end -}}
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata:
  {{- include "common.metadata" (dict "service" $) | nindent 2 }}
spec:
  {{- if .minAvailable }}
  minAvailable: {{ .minAvailable }}
  {{- else }}
  maxUnavailable: {{ .maxUnavailable }}
  {{- end }}
  unhealthyPodEvictionPolicy: AlwaysAllow
  selector:
    matchLabels:
      {{- include "common.selectorLabels" $ | nindent 6 }}
{{- end -}}
{{- end -}}
{{- end -}}
