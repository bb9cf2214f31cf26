{{/* Selecting the pods with both policy types denies all traffic that no rule allows. Probes of the kubelet are always allowed. */}}
{{- define "common.networkPolicy" -}}
{{- if .Values.networkPolicy.enabled -}}
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  {{- include "common.metadata" (dict "service" .) | nindent 2 }}
spec:
  podSelector:
    matchLabels:
      {{- include "common.selectorLabels" . | nindent 6 }}
  policyTypes: [Ingress, Egress]
  ingress:
    {{- include "common.networkPolicyIngress" . | trim | nindent 4 }}
  egress:
    {{- include "common.networkPolicyEgress" . | trim | nindent 4 }}
{{- end -}}
{{- end -}}

{{- define "common.networkPolicyIngress" -}}
{{- range $name, $peers := .Values.networkPolicy.ingress }}
{{ include "common.ingressRule" (list $ $name $peers) }}
{{- end }}
{{- if .Values.podMonitor.enabled }}
# Prometheus
{{ include "common.ingressRule" (list . "admin" .Values.podMonitor.from) }}
{{- end }}
# helm test
- ports:
    - port: {{ .Values.ports.http }}
  from:
    - podSelector:
        matchLabels:
          {{- include "common.testLabels" . | nindent 10 }}
{{- with .Values.networkPolicy.extraIngress }}
{{ tpl (toYaml .) $ }}
{{- end }}
{{- end -}}

{{/* Allows peers to reach a named port: (list $ "http" $peers). No peers, no rule: a rule without peers would allow all. */}}
{{- define "common.ingressRule" -}}
{{- $service := first . -}}
{{- $port := index . 1 -}}
{{- with last . -}}
- ports:
    - port: {{ required (printf "%s: networkPolicy.ingress.%s names a port that is not in ports" $service.Chart.Name $port) (get $service.Values.ports $port) }}
{{- if ne (toString .) "any" }}
  from:
    {{- include "common.peers" (list $service .) | nindent 4 }}
{{- end }}
{{- end }}
{{- end -}}

{{- define "common.networkPolicyEgress" -}}
{{- $dns := .Values.networkPolicy.dns }}
{{- $ports := $dns.ports | default list }}
{{- if .Capabilities.APIVersions.Has "security.openshift.io/v1" }}{{ $ports = append $ports 5353 }}{{ end }}
{{- with $ports }}
# DNS
- ports:
    {{- range uniq . }}
    - port: {{ . }}
      protocol: UDP
    - port: {{ . }}
      protocol: TCP
    {{- end }}
  {{- with $dns.to }}
  to:
    {{- include "common.peers" (list $ .) | nindent 4 }}
  {{- end }}
{{- end }}
{{- include "common.tracingEgress" . }}
{{- if and .Values.mesh.enabled .Values.mesh.controlPlane }}
# Certificates and configuration for the sidecar
- ports:
    - port: 15012
  to:
    {{- include "common.peers" (list . .Values.mesh.controlPlane) | nindent 4 }}
{{- end }}
{{- range .Values.networkPolicy.egress }}
- {{- tpl (toYaml (omit . "to")) $ | replace "{}" "" | nindent 2 }}
  {{- with .to }}
  to:
    {{- include "common.peers" (list $ .) | nindent 4 }}
  {{- end }}
{{- end }}
{{- with .Values.networkPolicy.extraEgress }}
{{ tpl (toYaml .) $ }}
{{- end }}
{{- end -}}

{{/* To the collector. A rule without peers would open its port to every pod, so a host that has no known peer needs a value. */}}
{{- define "common.tracingEgress" -}}
{{- $config := include "common.config" . | fromYaml }}
{{- with $config.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT | default $config.OTEL_EXPORTER_OTLP_ENDPOINT }}
{{- /* Not urlParse, which refuses a reference to a variable in brackets. */}}
{{- $authority := regexReplaceAll "^[a-z]+://([^/?#]*).*$" . "${1}" }}
{{- $host := regexReplaceAll ":[0-9]+$" $authority "" | trimAll "[]" | trimSuffix "." }}
{{- $port := regexFind ":[0-9]+$" $authority | trimPrefix ":" | default (hasPrefix "https:" . | ternary "443" "80") }}
{{- $labels := splitList "." $host }}
{{- $peers := $.Values.networkPolicy.tracing }}
{{- if $peers }}
{{- else if contains ":" $host }}
  {{- $peers = list (dict "ipBlock" (dict "cidr" (printf "%s/128" $host))) }}
{{- else if regexMatch "^[0-9.]+$" $host }}
  {{- $peers = list (dict "ipBlock" (dict "cidr" (printf "%s/32" $host))) }}
{{- else if not (regexMatch "^[a-z0-9.-]+$" $host) }}
{{- else if eq (len $labels) 1 }}
  {{- $peers = list (dict "podSelector" dict) }}
{{- else if or (eq (len $labels) 2) (eq (index $labels 2) "svc") }}
  {{- $peers = list (dict "namespaceSelector" (dict "matchLabels" (dict "kubernetes.io/metadata.name" (index $labels 1)))) }}
{{- end }}
{{- if not $peers }}
  {{- fail (printf "%s: set networkPolicy.tracing to a list of NetworkPolicyPeers that includes %s (OTEL_EXPORTER_OTLP_ENDPOINT), such as [{ipBlock: {cidr: 10.0.0.0/8}}], or to \"any\"" $.Chart.Name $host) }}
{{- end }}
# Traces
- ports:
    - port: {{ $port }}
  {{- if ne (toString $peers) "any" }}
  to:
    {{- include "common.peers" (list $ $peers) | nindent 4 }}
  {{- end }}
{{- end }}
{{- end -}}

{{/* A list of NetworkPolicyPeer in which strings are names of services of this release: (list $ $peers). */}}
{{- define "common.peers" -}}
{{- $service := first . -}}
{{- range last . }}
{{- if kindIs "string" . }}
- podSelector:
    matchLabels:
      app.kubernetes.io/name: {{ . }}
      app.kubernetes.io/instance: {{ $service.Release.Name | quote }}
{{- else }}
- {{- tpl (toYaml .) $service | nindent 2 }}
{{- end }}
{{- end }}
{{- end -}}
