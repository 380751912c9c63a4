{{/*
The alerts of the chart, as a YAML list. Labels of a series: namespace, ingress and service are those of the Ingress (honorLabels),
job, instance and pod those of the controller's pod.
*/}}

{{/*
Sockets of an Ingress that were lost in the last 5 minutes: nobody asked for their end. A counter is born with its first event, and
increase() does not see a birth; so a series that was not there 5 minutes ago, on a pod that was, counts in full.
*/}}
{{- define "wsingress.alerts.lost" -}}
{{- $closed := printf "wsingress_websocket_closed_total{%soutcome!~\"client-closed|backend-closed|max-age|proxy-shutdown\"}" . -}}
sum by (namespace, ingress, service) (
  ({{ $closed }} unless {{ $closed }} offset 5m)
    and on (job, instance) (wsingress_build_info{ {{- . -}} } offset 5m)
  or
  increase({{ $closed }}[5m])
)
{{- end -}}

{{/*
Sockets of an Ingress that ended with their pod of the controller, which took its counters along: what each process had open when it
was last seen, in the last 5 minutes, unless that process is there still. One that drained said so; its last sockets are
WsIngressDrainStuck's. The start of a process tells it from the one that runs under the same name after it.
*/}}
{{- define "wsingress.alerts.gone" -}}
{{- $process := printf "count_values by (job, instance) (\"started\", wsingress_start_timestamp_seconds{%s})" . -}}
sum by (namespace, ingress, service) (
  last_over_time((
    wsingress_websocket_connections{ {{- . -}} } * on (job, instance) group_left (started) {{ $process }}
  )[5m:30s])
  unless on (job, instance, started) {{ $process }}
  unless on (job, instance) (max_over_time(wsingress_drain_remaining_connections{ {{- . -}} }[10m]) > 0)
)
{{- end -}}

{{/* Handshakes a second that failed on our side or the pods', not by a fault of the client. */}}
{{- define "wsingress.alerts.failures" -}}
sum by (namespace, ingress, service) (
  rate(wsingress_websocket_handshake_failures_total{ {{- . -}} reason=~"no-endpoint|connect-failed|timeout|pod-protocol-error|closed|no-room|namespace-full|ingress-full|pods-full|handshake-rate|internal-error"}[5m])
)
{{- end -}}

{{- define "wsingress.alerts" -}}
{{- $rule := .Values.controller.metrics.prometheusRule -}}
{{- $limits := $rule.thresholds -}}
{{- $s := "" -}}
{{- with $rule.selector -}}
{{- $s = printf "%s," (trimSuffix "," .) -}}
{{- end -}}
- alert: WsIngressMassClose
  expr: |
    {{- include "wsingress.alerts.lost" $s | nindent 4 }}
    >= {{ $limits.massCloseSockets }}
    and
    {{- include "wsingress.alerts.lost" $s | nindent 4 }}
    > {{ $limits.massCloseRatio }} * sum by (namespace, ingress, service) (max_over_time(wsingress_websocket_connections{ {{- $s -}} }[10m]))
  labels:
    severity: critical
  annotations:
    summary: 'Ingress {{ "{{ $labels.namespace }}/{{ $labels.ingress }}" }} has lost many sockets at once'
    description: '{{ "{{ $value | humanize }}" }} sockets to Service {{ "{{ $labels.service }}" }} ended in 5 minutes though neither side closed them. The label outcome of wsingress_websocket_closed_total says how: backend-lost points to its pods, client-lost to the network or the load balancer.'
- alert: WsIngressPodLost
  expr: |
    {{- include "wsingress.alerts.gone" $s | nindent 4 }}
    >= {{ $limits.massCloseSockets }}
    and
    {{- include "wsingress.alerts.gone" $s | nindent 4 }}
    > {{ $limits.massCloseRatio }} * sum by (namespace, ingress, service) (max_over_time(wsingress_websocket_connections{ {{- $s -}} }[10m]))
  {{- /* A scrape that fails looks the same until the next. */}}
  for: 2m
  labels:
    severity: critical
  annotations:
    summary: 'Sockets of Ingress {{ "{{ $labels.namespace }}/{{ $labels.ingress }}" }} are gone with a controller pod'
    description: '{{ "{{ $value | humanize }}" }} sockets to Service {{ "{{ $labels.service }}" }} were open in a controller process that is not there any more and did not drain: it crashed, was killed, or cannot be scraped. Look at the restarts of the controller''s pods and at their nodes.'
- alert: WsIngressHandshakeFailures
  expr: |
    {{- include "wsingress.alerts.failures" $s | nindent 4 }}
    * 60 >= {{ $limits.handshakeFailuresPerMinute }}
    and
    {{- include "wsingress.alerts.failures" $s | nindent 4 }}
    > {{ $limits.handshakeFailureRatio }} * (
      sum by (namespace, ingress, service) (rate(wsingress_websocket_handshake_failures_total{ {{- $s -}} }[5m]))
      + (
        sum by (namespace, ingress, service) (rate(wsingress_websocket_opened_total{ {{- $s -}} }[5m]))
        or 0 * sum by (namespace, ingress, service) (rate(wsingress_websocket_handshake_failures_total{ {{- $s -}} }[5m]))
      )
    )
  for: 5m
  labels:
    severity: warning
  annotations:
    summary: 'WebSocket handshakes of Ingress {{ "{{ $labels.namespace }}/{{ $labels.ingress }}" }} fail'
    description: '{{ "{{ $value | humanize }}" }} handshakes a minute to Service {{ "{{ $labels.service }}" }} fail on the side of its pods or of the controller. The label reason of wsingress_websocket_handshake_failures_total says why.'
- alert: WsIngressNearOpenFilesLimit
  expr: wsingress_open_files{ {{- $s -}} } / wsingress_open_files_limit{ {{- $s -}} } > {{ $limits.openFilesRatio }}
  for: 5m
  labels:
    severity: warning
  annotations:
    summary: 'A controller pod is near its limit of open files'
    description: 'Pod {{ "{{ $labels.pod }}" }} has {{ "{{ $value | humanizePercentage }}" }} of the files open that its limit allows; each socket needs two. Add replicas or raise the limit of the container runtime.'
- alert: WsIngressNearMemoryLimit
  expr: wsingress_memory_bytes{ {{- $s -}} } / wsingress_memory_limit_bytes{ {{- $s -}} } > {{ $limits.memoryRatio }}
  for: 5m
  labels:
    severity: warning
  annotations:
    summary: 'A controller pod is near its memory limit'
    description: 'Pod {{ "{{ $labels.pod }}" }} uses {{ "{{ $value | humanizePercentage }}" }} of its memory limit. At 90 % it refuses new sockets (no-room), so that the open ones live. Add replicas or raise the limit.'
- alert: WsIngressSourcePortsLow
  expr: max by (namespace, service) (wsingress_source_ports_used_ratio{ {{- $s -}} }) > {{ $limits.sourcePortsRatio }}
  for: 5m
  labels:
    severity: warning
  annotations:
    summary: 'Source ports run out toward a pod of Service {{ "{{ $labels.namespace }}/{{ $labels.service }}" }}'
    description: '{{ "{{ $value | humanizePercentage }}" }} of the source ports of a controller pod are in use toward one pod of the Service; at 100 % that pod gets no connection any more. The Event SourcePortsLow and the controller''s log name it. Add pods or replicas, or widen net.ipv4.ip_local_port_range.'
- alert: WsIngressSnapshotStale
  expr: wsingress_config_snapshot_age_seconds{ {{- $s -}} } > {{ $limits.snapshotAgeSeconds }}
  for: 1m
  labels:
    severity: critical
  annotations:
    summary: 'A controller pod does not hear the API server'
    description: 'Pod {{ "{{ $labels.pod }}" }} has not heard the API server for {{ "{{ $value | humanizeDuration }}" }}. It serves the last routes and pods that it knows; open sockets are not touched. wsingress_source_failures_total has the codes of the failures.'
- alert: WsIngressTranslationFailed
  expr: increase(wsingress_config_failures_total{ {{- $s -}} }[15m]) > 0
  labels:
    severity: critical
  annotations:
    summary: 'A controller pod could not build its routes'
    description: 'Pod {{ "{{ $labels.pod }}" }} serves the last routes that it could build. Its log names the cause; please report it.'
- alert: WsIngressCertificateExpiry
  expr: |
    min by (host, secret) (wsingress_certificate_expiry_timestamp_seconds{ {{- $s -}} }) - time() < {{ $limits.certificateExpiryDays }} * 86400
    and
    min by (host, secret) (wsingress_certificate_expiry_timestamp_seconds{ {{- $s -}} }) - time() > 0
  for: 10m
  labels:
    severity: warning
  annotations:
    summary: 'The certificate of {{ "{{ $labels.host }}" }} ends soon'
    description: 'The certificate of {{ "{{ $labels.host }}" }} in Secret {{ "{{ $labels.secret }}" }} ends in {{ "{{ $value | humanizeDuration }}" }}.'
- alert: WsIngressCertificateExpired
  expr: min by (host, secret) (wsingress_certificate_expiry_timestamp_seconds{ {{- $s -}} }) - time() <= 0
  labels:
    severity: critical
  annotations:
    summary: 'The certificate of {{ "{{ $labels.host }}" }} has ended'
    description: 'The certificate of {{ "{{ $labels.host }}" }} in Secret {{ "{{ $labels.secret }}" }} is no longer valid; clients refuse it.'
{{- /* A warning is something written that has no effect: all is served. But a path without a ready pod answers 503. */}}
- alert: WsIngressProblems
  expr: |
    max by (reason) (
      wsingress_ingress_problems{ {{- $s -}} severity="error"}
      or
      wsingress_ingress_problems{ {{- $s -}} reason="no-ready-endpoints"}
    ) > 0
  for: {{ $limits.problemsFor }}
  labels:
    severity: warning
  annotations:
    summary: 'Something that Ingresses ask for is not served: {{ "{{ $labels.reason }}" }}'
    description: '{{ "{{ $value }}" }} problems with the reason {{ "{{ $labels.reason }}" }}. Events on the Ingresses and the controller''s log name objects and fields.'
- alert: WsIngressDrainStuck
  expr: |
    wsingress_drain_remaining_connections{ {{- $s -}} } > 0
      and wsingress_drain_window_end_timestamp_seconds{ {{- $s -}} } > 0
      and timestamp(wsingress_drain_remaining_connections{ {{- $s -}} }) > wsingress_drain_window_end_timestamp_seconds{ {{- $s -}} } + 5
  labels:
    severity: warning
  annotations:
    summary: 'A controller pod ends with sockets still open'
    description: 'Pod {{ "{{ $labels.pod }}" }} has told all of its sockets to close, and {{ "{{ $value }}" }} are still open. They will be cut at the end of the grace period.'
{{- if include "wsingress.elects" . }}
- alert: WsIngressNoLeader
  expr: max(wsingress_leader{ {{- $s -}} }) == 0
  for: 5m
  labels:
    severity: warning
  annotations:
    summary: 'No controller pod is leader'
    description: 'No pod holds the Lease, so nobody writes the status of Ingresses and the Events about their problems. Traffic is not touched. Look for errors about leases in the pods'' logs.'
{{- end }}
- alert: WsIngressDown
  expr: absent(wsingress_build_info{ {{- $s -}} })
  for: 5m
  labels:
    severity: critical
  annotations:
    summary: 'No controller pod is scraped'
    description: 'Prometheus has no series of the controller: its pods are gone, or nobody scrapes them.'
{{- end -}}
