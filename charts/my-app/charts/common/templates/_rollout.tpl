{{- define "common.isRollout" -}}
{{- ne .Values.rollout.strategy "none" | ternary "true" "" -}}
{{- end -}}

{{/* What runs the pods, as autoscalers refer to it. */}}
{{- define "common.workload" -}}
{{- if include "common.isRollout" . -}}
apiVersion: argoproj.io/v1alpha1
kind: Rollout
{{- else -}}
apiVersion: apps/v1
kind: Deployment
{{- end -}}
{{- end -}}

{{/*
With an autoscaler, what it chose before, or else its minimum: one pod for its first 15 s would be too few. Argo CD renders
without a cluster and so always gets the minimum: its Application leaves the field alone (deploy/argocd).
*/}}
{{- define "common.replicas" -}}
{{- if .Values.autoscaling.enabled -}}
{{- $workload := include "common.workload" . | fromYaml -}}
{{- $live := lookup $workload.apiVersion $workload.kind .Release.Namespace (include "common.fullname" .) -}}
{{- ($live.spec).replicas | default .Values.autoscaling.minReplicas -}}
{{- else -}}
{{- .Values.replicaCount -}}
{{- end -}}
{{- end -}}

{{- define "common.strategy" -}}
{{- $rollout := .Values.rollout -}}
{{- if eq $rollout.strategy "none" }}
strategy:
  {{- $other := ne .Values.strategy.type "RollingUpdate" }}
  {{- toYaml ($other | ternary (omit .Values.strategy "rollingUpdate") .Values.strategy) | nindent 2 }}
{{- else }}
# Pods that never become ready end the rollout, too.
progressDeadlineAbort: true
# A revert goes back at once, without the steps.
rollbackWindow:
  revisions: 3
strategy:
  {{- if eq $rollout.strategy "canary" }}
  canary:
    {{- toYaml .Values.strategy.rollingUpdate | nindent 4 }}
    {{- with include "common.analysis" . }}
    analysis:
      # The first step's pods are ready.
      startingStep: 1
      {{- . | nindent 6 }}
    {{- end }}
    steps:
      {{- toYaml $rollout.steps | nindent 6 }}
  {{- else }}
  {{- if .Values.ports.grpc }}
    {{- fail (printf "%s: blueGreen switches one Service at a time, and gRPC clients balance over the pods of another: use canary" .Chart.Name) }}
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

{{/* The new version of a blue/green rollout, before it gets the requests. */}}
{{- define "common.previewService" -}}
apiVersion: v1
kind: Service
metadata:
  {{- include "common.metadata" (dict "service" . "name" (printf "%s-preview" (include "common.fullname" .))) | nindent 2 }}
spec:
  selector:
    {{- include "common.selectorLabels" . | nindent 4 }}
  ports:
    - name: http
      port: {{ .Values.ports.http }}
      targetPort: http
      appProtocol: http
{{- end -}}
