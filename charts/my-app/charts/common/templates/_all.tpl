{{/* All resources of a service. */}}
{{- define "common.all" -}}
{{- $service := dict -}}
{{- include "common.context" (list $service .) -}}
{{- range list "serviceAccount" "configMap" "services" "certificate" "deployment" "horizontalPodAutoscaler"
  "verticalPodAutoscaler" "podDisruptionBudget" "networkPolicy" "ingress" "httpRoute" "grpcRoute"
  "podMonitor" "prometheusRule" "analysisTemplate" "extraObjects" "test" }}
{{- with include (printf "common.%s" .) $service | trim }}
---
{{ . }}
{{- end }}
{{- end }}
{{- end -}}
