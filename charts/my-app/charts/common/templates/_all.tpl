{{/* Everything of one service: its templates/all.yaml is one line that includes this. */}}
{{- define "common.all" -}}
{{- $service := dict -}}
{{- include "common.context" (list $service .) -}}
{{- range list "serviceAccount" "services" "certificate" "deployment" "horizontalPodAutoscaler"
  "verticalPodAutoscaler" "podDisruptionBudget" "networkPolicy" "ingress" "httpRoute" "grpcRoute"
  "podMonitor" "prometheusRule" "analysisTemplate" "extraObjects" "test" }}
{{- with include (printf "common.%s" .) $service | trim }}
---
{{ . }}
{{- end }}
{{- end }}
{{- end -}}
