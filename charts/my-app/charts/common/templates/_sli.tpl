{{/*
PromQL of an SLI, the share of the requests that were bad, over HTTP and gRPC together: (list $ SLI MATCHERS WINDOW SECONDS). The SLI is
"availability", or "latency" with the bucket of the histogram that is fast enough. SLOs and the analysis of rollouts ask the same.
No request, no sample. What the caller gave up, and paths that are not there, count as neither good nor bad; what failed is not slow.
*/}}
{{- define "common.sli" -}}
{{- $root := index . 0 -}}
{{- $failed := "UNKNOWN|DEADLINE_EXCEEDED|UNIMPLEMENTED|INTERNAL|UNAVAILABLE|DATA_LOSS" -}}
{{- $http := printf `http_server_request_duration_seconds_count{%s,http_route!="unmatched",http_response_status_code` (index . 2) -}}
{{- $rpc := printf `rpc_server_call_duration_seconds_count{%s,rpc_status_code` (index . 2) -}}
{{- $all := list (print $http `!="499"}`) (print $rpc `!="CANCELLED"}`) -}}
{{- $bad := list (print $http `=~"5.."}`) (print $rpc `=~"` $failed `"}`) -}}
{{- $ok := list (print $http `!~"499|5.."}`) (print $rpc `!~"CANCELLED|` $failed `"}`) -}}
{{- $fast := list -}}
{{- range $ok }}{{ $fast = append $fast (printf `%s,le=~"%v([.]0)?"}` (replace "_count{" "_bucket{" . | trimSuffix "}") (index $ 4)) }}{{ end -}}
{{- $rates := dict -}}
{{- range $name, $series := dict "all" $all "bad" $bad "ok" $ok "fast" $fast -}}
  {{- $rate := printf "rate(%s[%s])" (first $series) (index $ 3) -}}
  {{- if $root.Values.ports.grpc }}{{ $rate = printf "%s or rate(%s[%s])" $rate (last $series) (index $ 3) }}{{ end -}}
  {{- $_ := set $rates $name (printf "sum(%s)" $rate) -}}
{{- end -}}
{{- if eq (index . 1) "availability" -}}
({{ $rates.bad }} or vector(0)) / ({{ $rates.all }} > 0)
{{- else -}}
({{ $rates.ok }} - {{ $rates.fast }}) / ({{ $rates.ok }} > 0)
{{- end -}}
{{- end -}}
