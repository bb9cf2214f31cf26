{{/*
The environment variables as a map, in YAML: what the chart knows, then config; what is empty there is not set.
They stand in the pod template itself, so that a change restarts the pods without a checksum.
*/}}
{{- define "common.config" -}}
{{- $config := dict -}}
{{- range $name, $port := .Values.ports }}{{ $_ := set $config (printf "%s_PORT" (upper $name)) $port }}{{ end -}}
{{- if include "common.grpcTlsSecret" . }}
  {{- $_ := set $config "GRPC_TLS_CERT_FILE" "/etc/grpc-tls/tls.crt" }}
  {{- $_ := set $config "GRPC_TLS_KEY_FILE" "/etc/grpc-tls/tls.key" }}
  {{- $_ := set $config "GRPC_TLS_CA_FILE" "/etc/grpc-tls/ca.crt" }}
{{- end -}}
{{- range $name, $value := .Values.config }}
  {{- if kindIs "string" $value }}{{ $value = tpl $value $ }}{{ end }}
  {{- if ne (toString $value) "" }}{{ $_ := set $config $name $value }}{{ end }}
{{- end -}}
{{- if ge (int $config.DRAIN_DELAY_MS) (int $config.SHUTDOWN_TIMEOUT_MS) }}
  {{- fail (printf "%s: DRAIN_DELAY_MS (%d) must be below SHUTDOWN_TIMEOUT_MS (%d), or requests are cut off" .Chart.Name (int $config.DRAIN_DELAY_MS) (int $config.SHUTDOWN_TIMEOUT_MS)) }}
{{- end -}}
{{- toYaml $config -}}
{{- end -}}

{{- define "common.env" -}}
{{- range $name, $value := include "common.config" . | fromYaml }}
- name: {{ $name }}
  value: {{ kindIs "float64" $value | ternary (toJson $value) (toString $value) | quote }}
{{- end }}
{{- with .Values.extraEnv }}
{{ tpl (toYaml .) $ }}
{{- end }}
{{- end -}}

{{- define "common.grpcTlsSecret" -}}
{{- $tls := (.Values.global).grpcTls | default dict -}}
{{- if $tls.secretName -}}
{{- tpl $tls.secretName . -}}
{{- else if ($tls.certManager).enabled -}}
{{- include "common.fullname" . -}}-grpc-tls
{{- end -}}
{{- end -}}
