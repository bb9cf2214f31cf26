{{/*
PromQL of an SLI, the share of bad requests over HTTP and gRPC: (list $ SLI MATCHERS RANGE SECONDS). The SLI is "availability", or
"latency" with the bucket of the histogram below which a response is fast. The SLOs and the analysis of rollouts share it.
Without requests it has no sample. Requests that the client canceled and unknown paths are not counted; failed requests are not slow.
*/}}
{{- define "common.sli" -}}
{{- $counts := include "common.sliRates" . | fromYaml -}}
{{ $counts.bad }} / ({{ $counts.all }} > 0)
{{- end -}}

{{/* The rates of an SLI's bad and of all its requests, as a YAML map. */}}
{{- define "common.sliRates" -}}
{{- $failed := "UNKNOWN|DEADLINE_EXCEEDED|UNIMPLEMENTED|INTERNAL|UNAVAILABLE|DATA_LOSS" -}}
{{- $le := printf `,le=~"%v([.]0)?"` (index . 4) -}}
{{- $rates := dict -}}
{{- range $name, $status := dict "all" (list `!="499"` `!="CANCELLED"`) "failed" (list `=~"5.."` (printf `=~"%s"` $failed))
  "ok" (list `!~"499|5.."` (printf `!~"CANCELLED|%s"` $failed)) -}}
  {{- $http := printf `http_response_status_code%s` (first $status) -}}
  {{- $rpc := printf `rpc_status_code%s` (last $status) -}}
  {{- $_ := set $rates $name (include "common.requestRate" (list (first $) (index $ 2) (index $ 3) "count" $http $rpc)) -}}
  {{- if eq $name "ok" -}}
    {{- $_ := set $rates "fast" (include "common.requestRate" (list (first $) (index $ 2) (index $ 3) "bucket" (print $http $le) (print $rpc $le))) -}}
  {{- end -}}
{{- end -}}
{{- if eq (index . 1) "latency" -}}
{{- toYaml (dict "bad" (printf "(%s - %s)" $rates.ok $rates.fast) "all" $rates.ok) -}}
{{- else -}}
{{- toYaml (dict "bad" (printf "(%s or vector(0))" $rates.failed) "all" $rates.all) -}}
{{- end -}}
{{- end -}}

{{/* PromQL of the rate of requests over HTTP and, if the service has it, gRPC: (list $ MATCHERS RANGE SUFFIX HTTP-MATCHERS RPC-MATCHERS). */}}
{{- define "common.requestRate" -}}
{{- $matchers := index . 1 -}}
{{- $range := index . 2 -}}
{{- $suffix := index . 3 -}}
sum(rate(http_server_request_duration_seconds_{{ $suffix }}{ {{- $matchers }},http_route!="unmatched"{{ with index . 4 }},{{ . }}{{ end }}}{{ $range }})
{{- if (first .).Values.ports.grpc }} or rate(rpc_server_call_duration_seconds_{{ $suffix }}{ {{- $matchers }}{{ with index . 5 }},{{ . }}{{ end }}}{{ $range }}){{ end }})
{{- end -}}
