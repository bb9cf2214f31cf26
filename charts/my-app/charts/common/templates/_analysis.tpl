{{/* How a rollout calls its analysis: with the hashes by which the new pods' series are told from the stable ones'. */}}
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
  {{- fail (printf "%s: rollout.analysis asks Prometheus: set podMonitor.enabled, or rollout.analysis.enabled=false" .Chart.Name) }}
{{- end -}}
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
      # While Prometheus cannot be asked.
      consecutiveErrorLimit: 4
      # No result is no request. Of these only availability makes a case, as what failed is not slow.
      {{- if and $analysis.requireTraffic (eq $sli "availability") }}
      successCondition: len(result) > 0 && result[0] <= {{ $limit }}
      {{- else }}
      successCondition: len(result) == 0 || result[0] <= {{ $limit }}
      {{- end }}
      failureCondition: len(result) > 0 && result[0] > {{ $limit }}
      provider:
        prometheus:
          address: {{ $analysis.prometheus }}
          # How much larger the share of bad requests is than the stable pods'.
          query: |-
            ({{ include "common.sli" (list $ $sli (print $pods `"{{args.new}}"`) $analysis.window $analysis.latencySeconds) }})
            - (({{ include "common.sli" (list $ $sli (print $pods `"{{args.stable}}"`) $analysis.window $analysis.latencySeconds) }}) or vector(0))
    {{- end }}
{{- end -}}
{{- end -}}
