{{- define "common.isRollout" -}}
{{- ne (.Values.rollout.strategy | default "none") "none" | ternary "true" "" -}}
{{- end -}}

{{/* apiVersion and kind of the resource that creates the pods. */}}
{{- define "common.workload" -}}
{{- if include "common.isRollout" . -}}
apiVersion: argoproj.io/v1alpha1
kind: Rollout
{{- else -}}
apiVersion: apps/v1
kind: Deployment
{{- end -}}
{{- end -}}

{{- define "common.strategy" -}}
{{- $rollout := .Values.rollout -}}
{{- if not (include "common.isRollout" .) }}
strategy:
  {{- $other := ne .Values.strategy.type "RollingUpdate" }}
  {{- toYaml ($other | ternary (omit .Values.strategy "rollingUpdate") .Values.strategy) | nindent 2 }}
{{- else }}
# Also abort a rollout whose pods do not become ready.
progressDeadlineAbort: true
# A rollback to a recent revision skips the steps.
rollbackWindow:
  revisions: 3
strategy:
  {{- if eq $rollout.strategy "canary" }}
  canary:
    {{- with .Values.strategy.rollingUpdate }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
    {{- with include "common.analysis" . }}
    analysis:
      # After the first step, the new pods are ready.
      startingStep: 1
      {{- . | nindent 6 }}
    {{- end }}
    {{- with $rollout.steps }}
    steps:
      {{- toYaml . | nindent 6 }}
    {{- end }}
  {{- else }}
  {{- if .Values.ports.grpc }}
    {{- fail (printf "%s: blueGreen does not switch the headless Service, which clients use: set rollout.strategy to canary" .Chart.Name) }}
  {{- end }}
  blueGreen:
    activeService: {{ include "common.fullname" . }}
    previewService: {{ include "common.fullname" . }}-preview
    scaleDownDelaySeconds: {{ $rollout.scaleDownDelaySeconds }}
    {{- with include "common.analysis" . }}
    postPromotionAnalysis:
      {{- . | nindent 6 }}
    {{- end }}
  {{- end }}
{{- end }}
{{- end -}}

{{/* Selects the new pods of a blue/green rollout before they receive traffic. */}}
{{- define "common.previewService" -}}
apiVersion: v1
kind: Service
metadata:
  {{- include "common.metadata" (dict "service" . "name" (printf "%s-preview" (include "common.fullname" .))) | nindent 2 }}
spec:
  selector:
    {{- include "common.selectorLabels" . | nindent 4 }}
  ports:
    - {{- include "common.httpServicePort" . | nindent 6 }}
{{- end -}}
