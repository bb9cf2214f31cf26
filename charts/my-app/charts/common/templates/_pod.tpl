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
{{- $spec = mergeOverwrite $spec (tpl (toYaml (.Values.podSpec | default dict)) . | fromYaml) }}
{{- $containers := concat $spec.containers ($spec.initContainers | default list) }}
{{- $own := first $spec.containers }}
{{- range $what, $list := dict "name of a container" $containers "name of a volume" $spec.volumes "mountPath" $own.volumeMounts "containerPort" $own.ports }}
  {{- $values := list }}
  {{- range $list }}{{ $values = append $values (get . (splitList " " $what | first)) }}{{ end }}
  {{- include "common.unique" (list $ (printf "a %s" $what) $values) }}
{{- end }}
spec:
  {{- toYaml $spec | nindent 2 }}
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
