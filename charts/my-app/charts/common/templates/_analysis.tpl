{{/* The analysis of a rollout. Its arguments are the hashes that distinguish the series of new and stable pods. */}}
{{- define "common.analysis" -}}
{{- if .Values.rollout.analysis.enabled -}}
templates:
  - templateName: {{ include "common.fullname" . }}
args:
  - name: new
    valueFrom:
      podTemplateHashValue: Latest
  - name: stable
    valueFrom:
      podTemplateHashValue: Stable
{{- end -}}
{{- end -}}

{{- define "common.analysisTemplate" -}}
{{- $analysis := .Values.rollout.analysis -}}
{{- if and (include "common.isRollout" .) $analysis.enabled -}}
{{- if not .Values.podMonitor.enabled }}
  {{- fail (printf "%s: rollout.analysis queries Prometheus: set podMonitor.enabled, or rollout.analysis.enabled=false" .Chart.Name) }}
{{- end -}}
{{- $window := required "rollout.analysis.window is required" $analysis.window | printf "[%s]" -}}
{{- $seconds := required "rollout.analysis.latencySeconds is required" $analysis.latencySeconds -}}
apiVersion: argoproj.io/v1alpha1
kind: AnalysisTemplate
metadata:
  {{- include "common.metadata" (dict "service" .) | nindent 2 }}
spec:
  args:
    - name: new
    - name: stable
  metrics:
    {{- $pods := printf `namespace="%s",job="%s",rollouts_pod_template_hash=` .Release.Namespace .Chart.Name }}
    {{- range $sli, $limit := dict "availability" $analysis.maxErrors "latency" $analysis.maxSlow }}
    - name: {{ $sli }}
      interval: {{ $analysis.interval }}
      initialDelay: {{ $analysis.window }}
      {{- if eq $.Values.rollout.strategy "blueGreen" }}
      count: 5
      {{- end }}
      failureLimit: {{ $analysis.failureLimit }}
      # Tolerates a short outage of Prometheus.
      consecutiveErrorLimit: 4
      # Without requests there is no result. Only availability then fails: failed requests are not slow.
      {{- if and $analysis.requireTraffic (eq $sli "availability") }}
      successCondition: len(result) > 0 && result[0] <= {{ $limit }}
      {{- else }}
      successCondition: len(result) == 0 || result[0] <= {{ $limit }}
      {{- end }}
      failureCondition: len(result) > 0 && result[0] > {{ $limit }}
      provider:
        prometheus:
          address: {{ $analysis.prometheus }}
          # The share of bad requests in excess of the stable pods' share.
          query: |-
            ({{ include "common.sli" (list $ $sli (print $pods `"{{args.new}}"`) $window $seconds) }})
            - (({{ include "common.sli" (list $ $sli (print $pods `"{{args.stable}}"`) $window $seconds) }}) or vector(0))
    {{- end }}
{{- end -}}
{{- end -}}
