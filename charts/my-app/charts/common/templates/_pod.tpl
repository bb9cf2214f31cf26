{{/* The pod template of a service, for a Deployment or a Rollout. podSpec takes precedence over the chart's fields. */}}
{{- define "common.pod" -}}
metadata:
  labels:
    {{- include "common.podLabels" . | nindent 4 }}
  {{- $annotations := dict }}
  {{- with include "common.configMap" . }}{{ $_ := set $annotations "checksum/config" (sha256sum .) }}{{ end }}
  {{- with merge $annotations (.Values.podAnnotations | default dict) }}
  annotations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
{{- $spec := include "common.podSpec" . | fromYaml }}
{{- with $spec.Error }}{{ fail (printf "%s: the pod's spec is not valid YAML: %s" $.Chart.Name .) }}{{ end }}
{{- range $field := list "initContainers" "containers" "volumes" }}
  {{- $names := list -}}
  {{- range index $spec $field }}{{ $names = append $names .name }}{{ end }}
  {{- include "common.unique" (list $ (printf "a name in %s" $field) $names) }}
{{- end }}
spec:
  {{- toYaml (mergeOverwrite $spec (tpl (toYaml (.Values.podSpec | default dict)) . | fromYaml)) | nindent 2 }}
{{- end -}}

{{- define "common.podSpec" -}}
{{ include "common.podBasics" . }}
serviceAccountName: {{ include "common.serviceAccountName" . }}
terminationGracePeriodSeconds: {{ include "common.gracePeriod" . }}
{{- with .Values.initContainers }}
initContainers:
  {{- tpl (toYaml .) $ | nindent 2 }}
{{- end }}
containers:
  - {{- include "common.container" . | nindent 4 }}
  {{- with .Values.sidecars }}
  {{- tpl (toYaml .) $ | nindent 2 }}
  {{- end }}
{{- with include "common.volumes" . | trim }}
volumes:
  {{- . | nindent 2 }}
{{- end }}
{{- with .Values.affinity }}
affinity:
  {{- tpl (toYaml .) $ | nindent 2 }}
{{- end }}
{{- with .Values.topologySpreadConstraints }}
topologySpreadConstraints:
  {{- range . }}
  - {{- toYaml . | nindent 4 }}
    {{- if not .labelSelector }}
    labelSelector:
      matchLabels:
        {{- include "common.selectorLabels" $ | nindent 8 }}
    {{- end }}
  {{- end }}
{{- end }}
{{- include "common.fields" (list .Values "dnsConfig" "hostAliases") }}
{{- end -}}

{{/* Fields that the pods of the service and of `helm test` have in common. */}}
{{- define "common.podBasics" -}}
{{- with include "common.imagePullSecrets" . }}
{{- . }}
{{- end }}
automountServiceAccountToken: false
# Service links would add variables such as MY_APP_SERVICE_A_PORT, which are not settings of the service.
enableServiceLinks: false
securityContext:
  {{- include "common.podSecurityContext" . | nindent 2 }}
{{- include "common.fields" (list .Values "nodeSelector" "tolerations" "priorityClassName" "runtimeClassName") }}
{{- end -}}
