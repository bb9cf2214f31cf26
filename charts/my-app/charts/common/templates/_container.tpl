{{- define "common.container" -}}
name: {{ .Chart.Name }}
image: {{ include "common.image" . }}
imagePullPolicy: {{ .Values.image.pullPolicy }}
{{- include "common.fields" (list .Values "command" "args" "securityContext" "lifecycle") }}
{{- with .Values.resources }}
resources:
  {{- /* Quantities are text, as Argo Rollouts writes them back: with server-side apply, a number conflicts with that. */}}
  {{- range $kind, $quantities := . }}
  {{ $kind }}:
    {{- if kindIs "map" $quantities }}
    {{- range $name, $quantity := $quantities }}
    {{- if not (kindIs "invalid" $quantity) }}
    {{ $name }}: {{ $quantity | toString | quote }}
    {{- end }}
    {{- end }}
    {{- else }}
    {{- toYaml $quantities | nindent 4 }}
    {{- end }}
  {{- end }}
{{- end }}
ports:
  {{- range $name, $port := .Values.ports }}
  - name: {{ $name }}
    containerPort: {{ $port }}
  {{- end }}
env:
  {{- include "common.env" . | trim | nindent 2 }}
{{- with .Values.envFrom }}
envFrom:
  {{- tpl (toYaml .) $ | nindent 2 }}
{{- end }}
{{- include "common.probes" . }}
{{- with include "common.volumeMounts" . | trim }}
volumeMounts:
  {{- . | nindent 2 }}
{{- end }}
{{- end -}}

{{- define "common.volumeMounts" -}}
{{- if include "common.grpcTlsSecret" . }}
# The directory: a file that is mounted by subPath is not updated when the certificate is renewed.
- name: grpc-tls
  mountPath: /etc/grpc-tls
  readOnly: true
{{- end }}
{{- if .Values.configFiles }}
- name: config
  mountPath: /app/config
  readOnly: true
{{- end }}
{{- with .Values.extraVolumeMounts }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{- define "common.volumes" -}}
{{- with include "common.grpcTlsSecret" . }}
- name: grpc-tls
  secret:
    secretName: {{ . }}
    defaultMode: 0440
{{- end }}
{{- if .Values.configFiles }}
- name: config
  configMap:
    name: {{ include "common.fullname" . }}-config
{{- end }}
{{- with .Values.extraVolumes }}
{{ toYaml . }}
{{- end }}
{{- end -}}
