{{/* Recommends requests for the service's container only: sidecars are configured by their injector. */}}
{{- define "common.verticalPodAutoscaler" -}}
{{- with .Values.verticalPodAutoscaler -}}
{{- if .enabled -}}
{{- include "common.checkVerticalPodAutoscaler" $ -}}
apiVersion: autoscaling.k8s.io/v1
kind: VerticalPodAutoscaler
metadata:
  {{- include "common.metadata" (dict "service" $) | nindent 2 }}
spec:
  targetRef:
    {{- include "common.workload" $ | nindent 4 }}
    name: {{ include "common.fullname" $ }}
  updatePolicy:
    updateMode: {{ .updateMode | quote }}
  resourcePolicy:
    containerPolicies:
      - containerName: {{ $.Chart.Name }}
        controlledResources:
          {{- toYaml .controlledResources | nindent 10 }}
        # Limits are kept: the heap size is a percentage of the memory limit.
        controlledValues: RequestsOnly
        {{- with .minAllowed }}
        minAllowed:
          {{- toYaml . | nindent 10 }}
        {{- end }}
        {{- with .maxAllowed | default (pick (($.Values.resources).limits | default dict) "cpu" "memory") }}
        maxAllowed:
          {{- toYaml . | nindent 10 }}
        {{- end }}
      - containerName: '*'
        mode: 'Off'
{{- end -}}
{{- end -}}
{{- end -}}

{{/* The HPA's targets are percentages of the requests: two controllers on one resource would work against each other. */}}
{{- define "common.checkVerticalPodAutoscaler" -}}
{{- $hpa := .Values.autoscaling -}}
{{- $vpa := .Values.verticalPodAutoscaler -}}
{{- if and $hpa.enabled (ne $vpa.updateMode "Off") -}}
  {{- $scaledOn := list -}}
  {{- if $hpa.targetCPUUtilizationPercentage }}{{ $scaledOn = append $scaledOn "cpu" }}{{ end -}}
  {{- if $hpa.targetMemoryUtilizationPercentage }}{{ $scaledOn = append $scaledOn "memory" }}{{ end -}}
  {{- range $hpa.metrics }}{{ $scaledOn = append $scaledOn (((.resource | default .containerResource) | default dict).name | default "") }}{{ end -}}
  {{- range $vpa.controlledResources -}}
    {{- if has . $scaledOn }}
      {{- fail (printf "%s: verticalPodAutoscaler would change the %s request, which autoscaling scales on: remove it from verticalPodAutoscaler.controlledResources, or set updateMode to 'Off'" $.Chart.Name .) }}
    {{- end }}
  {{- end -}}
{{- end -}}
{{- end -}}
