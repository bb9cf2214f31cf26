{{/* A budget that allows no eviction would block the drain of a node forever. */}}
{{- define "common.podDisruptionBudget" -}}
{{- with .Values.podDisruptionBudget -}}
{{- if .enabled -}}
{{- $pods := empty $.Values.autoscaling.enabled | ternary $.Values.replicaCount $.Values.autoscaling.minReplicas -}}
{{- $kept := .minAvailable | default 0 -}}
{{- if kindIs "string" $kept }}{{ $kept = divf (mulf (trimSuffix "%" $kept | float64) ($pods | default 0)) 100 | ceil }}{{ end -}}
{{- /* An external scaler keeps an unknown number of pods. */}}
{{- if and .minAvailable (not (kindIs "invalid" $pods)) (ge (int $kept) (int $pods)) }}
  {{- fail (printf "%s: podDisruptionBudget.minAvailable (%v) requires all %d pods, so no node could be drained" $.Chart.Name .minAvailable (int $pods)) }}
{{- end -}}
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata:
  {{- include "common.metadata" (dict "service" $) | nindent 2 }}
spec:
  {{- if .minAvailable }}
  minAvailable: {{ .minAvailable }}
  {{- else }}
  maxUnavailable: {{ .maxUnavailable | default 1 }}
  {{- end }}
  unhealthyPodEvictionPolicy: AlwaysAllow
  selector:
    matchLabels:
      {{- include "common.selectorLabels" $ | nindent 6 }}
{{- end -}}
{{- end -}}
{{- end -}}
