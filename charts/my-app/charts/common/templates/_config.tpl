{{/*
The environment variables as a map, in YAML: what the chart knows, then global.config, then config; what is empty there changes nothing.
They stand in the pod template itself, so that a change restarts the pods without a checksum.
*/}}
{{- define "common.config" -}}
{{- $config := dict
  "DRAIN_DELAY_MS" 5000
  "SHUTDOWN_TIMEOUT_MS" 20000
  "NODE_OPTIONS" "--max-old-space-size-percentage=60 --max-semi-space-size=8" -}}
{{- range $name, $port := .Values.ports }}{{ $_ := set $config (printf "%s_PORT" (upper $name)) $port }}{{ end -}}
{{- if include "common.grpcTlsSecret" . }}
  {{- $_ := set $config "GRPC_TLS_CERT_FILE" "/etc/grpc-tls/tls.crt" }}
  {{- $_ := set $config "GRPC_TLS_KEY_FILE" "/etc/grpc-tls/tls.key" }}
  {{- $_ := set $config "GRPC_TLS_CA_FILE" "/etc/grpc-tls/ca.crt" }}
{{- end -}}
{{- range list (.Values.global).config .Values.config }}
  {{- range $name, $value := . }}
    {{- if kindIs "string" $value }}{{ $value = tpl $value $ }}{{ end }}
    {{- if not (has $value (list nil "")) }}{{ $_ := set $config $name $value }}{{ end }}
  {{- end }}
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
{{- tpl (((.Values.global).grpcTls).secretName | default "") . -}}
{{- end -}}
