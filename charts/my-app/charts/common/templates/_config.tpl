{{/*
The environment variables as a YAML map: those that follow from other values, then config. Empty values are not set.
They are in the pod template, so that a change restarts the pods without a checksum.
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
{{- toYaml $config -}}
{{- end -}}

{{- define "common.env" -}}
{{- $config := include "common.config" . | fromYaml -}}
{{- $extra := tpl (toYaml (.Values.extraEnv | default list)) . | fromYamlArray -}}
{{- $names := keys $config -}}
{{- range $extra }}{{ $names = append $names .name }}{{ end -}}
{{- include "common.unique" (list . "an environment variable (in config or extraEnv; an empty value in config unsets it)" $names) -}}
{{- /* The kubelet expands $(NAME) only if NAME is defined above. */}}
{{- with $extra }}
{{ toYaml . }}
{{- end }}
{{- range $name, $value := $config }}
- name: {{ $name }}
  value: {{ kindIs "float64" $value | ternary (toJson $value) (toString $value) | quote }}
{{- end }}
{{- end -}}

{{/* Seconds: the shutdown of the service after its preStop hook, and a margin of 10 s. */}}
{{- define "common.gracePeriod" -}}
{{- $config := include "common.config" . | fromYaml -}}
{{- /* Without a value, the services' own defaults apply: service-kit/src/runtime/settings.ts. */}}
{{- $shutdown := $config.SHUTDOWN_TIMEOUT_MS | default 20000 | int -}}
{{- $drain := $config.DRAIN_DELAY_MS | default 0 | int -}}
{{- if ge $drain $shutdown }}
  {{- fail (printf "%s: DRAIN_DELAY_MS (%d) must be less than SHUTDOWN_TIMEOUT_MS (%d), or requests are aborted" .Chart.Name $drain $shutdown) }}
{{- end -}}
{{- $preStop := (((.Values.lifecycle).preStop).sleep).seconds | default 0 | int -}}
{{- $needed := add (divf $shutdown 1000 | ceil) $preStop -}}
{{- $given := .Values.terminationGracePeriodSeconds | default (add $needed 10) | int64 -}}
{{- if lt $given $needed }}
  {{- fail (printf "%s: terminationGracePeriodSeconds (%d) must be at least %d, the sum of SHUTDOWN_TIMEOUT_MS and the preStop sleep" .Chart.Name $given $needed) }}
{{- end -}}
{{- $given -}}
{{- end -}}

{{- define "common.grpcTlsSecret" -}}
{{- $tls := (.Values.global).grpcTls | default dict -}}
{{- if $tls.secretName -}}
{{- tpl $tls.secretName . -}}
{{- else if ($tls.certManager).enabled -}}
{{- include "common.fullname" . -}}-grpc-tls
{{- end -}}
{{- end -}}

{{/* Files for the service. The image's permission model lets it read /app. */}}
{{- define "common.configMap" -}}
{{- with .Values.configFiles -}}
apiVersion: v1
kind: ConfigMap
metadata:
  {{- include "common.metadata" (dict "service" $ "name" (printf "%s-config" (include "common.fullname" $))) | nindent 2 }}
data:
  {{- tpl (toYaml .) $ | nindent 2 }}
{{- end -}}
{{- end -}}
