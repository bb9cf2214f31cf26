{{/*
PromQL of an SLI, the share of bad requests over HTTP and gRPC: (list $ SLI MATCHERS RANGE SECONDS). The SLI is "availability", or
"latency" with the bucket of the histogram below which a response is fast. The SLOs and the analysis of rollouts share it.
Without requests it has no sample. Requests that the client canceled and unknown paths are not counted; failed requests are not slow.
A gRPC call that fails before its handler, say because it cannot be decoded, has no error_type: its client is at fault, as with HTTP's 4xx.
A gRPC call that ends at its client's deadline has failed only if it took longer than that bucket: the client may have allowed less.
A stream (grpc_type) lasts as long as its client wants, so it is never slow, and its deadline is no failure.
*/}}
{{- define "common.sli" -}}
{{- $counts := include "common.sliRates" . | fromYaml -}}
{{ $counts.bad }} / ({{ $counts.all }} > 0)
{{- end -}}

{{/* The rates of an SLI's bad and of all its requests, as a YAML map. */}}
{{- define "common.sliRates" -}}
{{- $failed := "UNKNOWN|UNIMPLEMENTED|INTERNAL|UNAVAILABLE|DATA_LOSS" -}}
{{- $late := `rpc_status_code="DEADLINE_EXCEEDED",grpc_type=""` -}}
{{- $le := printf `,le=~"%v([.]0)?"` (index . 4) -}}
{{- $rate := list (index . 0) (index . 2) (index . 3) -}}
{{- if eq (index . 1) "latency" -}}
{{- $http := `http_response_status_code!~"499|5.."` -}}
{{- $rpc := printf `rpc_status_code!~"CANCELLED|DEADLINE_EXCEEDED|%s",grpc_type=""` $failed -}}
{{- $ok := include "common.requestRate" (concat $rate (list "count" $http $rpc)) -}}
{{- $fast := include "common.requestRate" (concat $rate (list "bucket" (print $http $le) (print $rpc $le))) -}}
{{- toYaml (dict "bad" (printf "(%s - %s)" $ok $fast) "all" $ok) -}}
{{- else -}}
{{- $all := include "common.requestRate" (concat $rate (list "count" `http_response_status_code!="499"` `rpc_status_code!="CANCELLED"`)) -}}
{{- $bad := include "common.requestRate" (concat $rate (list "count" `http_response_status_code=~"5.."` (printf `error_type=~"%s"` $failed))) -}}
{{- $bad = printf "(%s or vector(0))" $bad -}}
{{- if (first .).Values.ports.grpc -}}
{{- $series := printf "rpc_server_call_duration_seconds_%%s{%s,%s%%s}%s" (index . 2) $late (index . 3) -}}
{{- $bad = printf "(%s + (sum(rate(%s)) - sum(rate(%s)) or vector(0)))" $bad (printf $series "count" "") (printf $series "bucket" $le) -}}
{{- end -}}
{{- toYaml (dict "bad" $bad "all" $all) -}}
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
