{{/*
Values that would be ignored without a word, or that contradict each other, end the rendering. Each sentence names the value, says
why, and what to do instead. Included once, by the workload.
*/}}
{{- define "wsingress.refuse" -}}
{{- include "wsingress.refuse.foreign" . -}}
{{- include "wsingress.refuse.settings" . -}}
{{- include "wsingress.refuse.admin" . -}}
{{- include "wsingress.refuse.scope" . -}}
{{- include "wsingress.refuse.ports" . -}}
{{- include "wsingress.refuse.scaling" . -}}
{{- include "wsingress.refuse.metrics" . -}}
{{- end -}}

{{/* What ingress-nginx has and this controller has not. */}}
{{- define "wsingress.refuse.foreign" -}}
{{- $controller := .Values.controller -}}
{{- if $controller.allowSnippetAnnotations -}}
{{- fail "controller.allowSnippetAnnotations: there are no snippets; remove it, and run `wsingress validate` on your Ingresses" -}}
{{- end -}}
{{- if $controller.admissionWebhooks.enabled -}}
{{- fail "controller.admissionWebhooks.enabled: there is no admission webhook; set it to false, and check manifests with `wsingress validate`" -}}
{{- end -}}
{{- if $controller.opentelemetry.enabled -}}
{{- fail "controller.opentelemetry.enabled: there are no traces; set it to false" -}}
{{- end -}}
{{- if $controller.enableTopologyAwareRouting -}}
{{- fail "controller.enableTopologyAwareRouting: pods are chosen by their open sockets, not by zone; set it to false" -}}
{{- end -}}
{{- if $controller.proxySetHeaders -}}
{{- fail "controller.proxySetHeaders: headers to pods cannot be added here; remove it (X-Forwarded-* and X-Request-ID are always set)" -}}
{{- end -}}
{{- if $controller.addHeaders -}}
{{- fail "controller.addHeaders: headers to clients cannot be added here; remove it and let the pods send them" -}}
{{- end -}}
{{- if .Values.defaultBackend.enabled -}}
{{- fail "defaultBackend.enabled: the chart brings no default backend; set it to false and use an Ingress with spec.defaultBackend" -}}
{{- end -}}
{{- if or .Values.tcp .Values.udp -}}
{{- fail "tcp and udp: only HTTP and WebSockets are forwarded; remove the maps and give such pods a Service of their own" -}}
{{- end -}}
{{- if .Values.dhParam -}}
{{- fail "dhParam: key exchange uses elliptic curves only; remove it" -}}
{{- end -}}
{{- if ne (int $controller.metrics.port) 10254 -}}
{{- range $name := list "startupProbe" "livenessProbe" "readinessProbe" -}}
{{- if eq (dig "httpGet" "port" "" (get $controller $name) | toString) "10254" -}}
{{- fail (printf "controller.%s.httpGet.port: 10254 is the port of ingress-nginx; leave httpGet out, or set controller.metrics.port: 10254 too" $name) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- $exec := dig "preStop" "exec" "command" list $controller.lifecycle -}}
{{- range $exec -}}
{{- if contains "wait-shutdown" . -}}
{{- fail "controller.lifecycle.preStop: the image has no /wait-shutdown and no shell; remove controller.lifecycle, controller.drain plans the end of a pod" -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{/* controller.config and controller.extraArgs: unknown names, and those that belong to a value. */}}
{{- define "wsingress.refuse.settings" -}}
{{- $known := (include "wsingress.settings.known" . | fromJson).list -}}
{{- $owned := include "wsingress.settings.owned" . | fromYaml -}}
{{- $hints := dict
  "use-forwarded-headers" "TrustedProxies" "proxy-real-ip-cidr" "TrustedProxies" "compute-full-forwarded-for" "TrustedProxies"
  "use-proxy-protocol" "ProxyProtocol" "worker-shutdown-timeout" "DrainWindow" "disable-access-log" "AccessLog"
  "log-format-upstream" "AccessLog" "error-log-level" "LogLevel"
  "proxy-read-timeout" "the annotations wsingress.io/websocket-idle-timeout and wsingress.io/request-timeout"
  "proxy-send-timeout" "the annotations wsingress.io/websocket-idle-timeout and wsingress.io/request-timeout"
  "proxy-connect-timeout" "the annotation wsingress.io/connect-timeout"
  "proxy-body-size" "the annotation wsingress.io/max-body-size"
  "ssl-redirect" "the annotation wsingress.io/ssl-redirect" "force-ssl-redirect" "the annotation wsingress.io/ssl-redirect"
  "whitelist-source-range" "the annotation wsingress.io/allow-cidrs" -}}
{{- $keys := dict -}}
{{- range $known -}}
{{- $_ := set $keys (include "wsingress.settings.key" .) . -}}
{{- end -}}
{{- range $key, $_ := .Values.controller.config -}}
{{- if not (hasKey $keys $key) -}}
{{- if hasKey $hints $key -}}
{{- fail (printf "controller.config.%s: a setting of ingress-nginx; here it is %s" $key (get $hints $key)) -}}
{{- end -}}
{{- fail (printf "controller.config.%s: no such setting; allowed: %s" $key (keys $keys | sortAlpha | join ", ")) -}}
{{- end -}}
{{- $flag := get $keys $key -}}
{{- if hasKey $owned $flag -}}
{{- fail (printf "controller.config.%s: set %s instead" $key (get $owned $flag)) -}}
{{- end -}}
{{- end -}}
{{- range $flag, $_ := .Values.controller.extraArgs -}}
{{- if hasKey $owned $flag -}}
{{- fail (printf "controller.extraArgs.%s: set %s instead" $flag (get $owned $flag)) -}}
{{- end -}}
{{- if eq $flag "drain-window" -}}
{{- fail "controller.extraArgs.drain-window: set controller.config.DrainWindow instead, which is checked against controller.drain" -}}
{{- end -}}
{{- if not (has $flag $known) -}}
{{- fail (printf "controller.extraArgs.%s: no such flag; allowed: %s" $flag ($known | sortAlpha | join ", ")) -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{/* An address of the admin API on the node's network, without a token that is seen here. Without an address it is off, see wsingress.adminOff. */}}
{{- define "wsingress.refuse.admin" -}}
{{- $admin := include "wsingress.settings.given" (list . "admin") | fromJson -}}
{{- $token := include "wsingress.settings.given" (list . "admin-token-file") | fromJson -}}
{{- if and .Values.controller.hostNetwork (ne (toString $admin.text | lower) "off") -}}
{{- if $token.hidden -}}
{{- fail (printf "%s: cannot be seen here, and if it were empty the admin API would be open to the node (controller.hostNetwork); allowed: the path itself" $token.from) -}}
{{- end -}}
{{- if and $admin (not $token.text) -}}
{{- fail (printf "%s: '%s' cannot be used with controller.hostNetwork, since whoever is on the node may close every socket; allowed: off, or an address with a token (controller.config.AdminTokenFile, controller.extraArgs.admin-token-file or WSINGRESS_ADMIN_TOKEN_FILE in controller.extraEnvs)" $admin.from (ternary "valueFrom" $admin.text (empty $admin.text))) -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{- define "wsingress.refuse.scope" -}}
{{- $controller := .Values.controller -}}
{{- if and $controller.electionTTL (lt (trimSuffix "s" $controller.electionTTL | int) 5) -}}
{{- fail (printf "controller.electionTTL: %s is too short; allowed: 5s or longer" $controller.electionTTL) -}}
{{- end -}}
{{- if and .Values.rbac.scope (not $controller.scope.enabled) -}}
{{- fail "rbac.scope needs controller.scope.enabled: rights in namespaces are of use only to a controller that watches namespaces" -}}
{{- end -}}
{{- if and $controller.scope.enabled $controller.scope.namespaceSelector -}}
{{- fail "controller.scope.enabled and controller.scope.namespaceSelector exclude each other: name the namespaces, or select them by label" -}}
{{- end -}}
{{- if and $controller.scope.namespace (not $controller.scope.enabled) -}}
{{- fail "controller.scope.namespace has no effect without controller.scope.enabled: true" -}}
{{- end -}}
{{- if and .Values.rbac.scope $controller.ingressClassResource.aliases -}}
{{- fail "controller.ingressClassResource.aliases need the right to read IngressClasses, which rbac.scope: true does not give" -}}
{{- end -}}
{{- if and .Values.rbac.scope $controller.watchIngressWithoutClass $controller.ingressClassResource.default -}}
{{- fail "controller.ingressClassResource.default and controller.watchIngressWithoutClass: with rbac.scope set only the second" -}}
{{- end -}}
{{- $certificate := include "wsingress.defaultCertificate" . -}}
{{- if and $certificate (not (regexMatch "^[^/]+/[^/]+$" $certificate)) -}}
{{- fail (printf "default-ssl-certificate: '%s' cannot be used; allowed: NAMESPACE/NAME" $certificate) -}}
{{- end -}}
{{- if and .Values.controller.publishService.pathOverride (not (regexMatch "^[^/]+/[^/]+$" .Values.controller.publishService.pathOverride)) -}}
{{- fail (printf "controller.publishService.pathOverride: '%s' cannot be used; allowed: NAMESPACE/NAME" .Values.controller.publishService.pathOverride) -}}
{{- end -}}
{{- end -}}

{{- define "wsingress.refuse.ports" -}}
{{- $controller := .Values.controller -}}
{{- if eq (int $controller.containerPort.http) (int $controller.containerPort.https) -}}
{{- fail "controller.containerPort: http and https must differ" -}}
{{- end -}}
{{- if or (eq (int $controller.metrics.port) (int $controller.containerPort.http)) (eq (int $controller.metrics.port) (int $controller.containerPort.https)) -}}
{{- fail "controller.metrics.port: must differ from the ports of controller.containerPort" -}}
{{- end -}}
{{- if and $controller.hostNetwork $controller.hostPort.enabled -}}
{{- fail "controller.hostNetwork and controller.hostPort.enabled exclude each other: with the node's network the container's ports are the node's" -}}
{{- end -}}
{{- if and $controller.hostNetwork $controller.image.runAsNonRoot (not $controller.containerSecurityContext) (not $controller.sysctls) -}}
{{- range $name := list "http" "https" -}}
{{- $port := get $controller.containerPort $name -}}
{{- if lt (int $port) 1024 -}}
{{- fail (printf "controller.hostNetwork with controller.containerPort.%s: %d needs root; use controller.hostPort.enabled, which maps ports 80 and 443 of the node to 8080 and 8443" $name (int $port)) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- if and $controller.service.enabled (not $controller.service.enableHttp) (not $controller.service.enableHttps) -}}
{{- fail "controller.service.enableHttp and enableHttps: at least one must be true, or set controller.service.enabled: false" -}}
{{- end -}}
{{- end -}}

{{- define "wsingress.refuse.scaling" -}}
{{- $controller := .Values.controller -}}
{{- if and $controller.autoscaling.enabled $controller.keda.enabled -}}
{{- fail "controller.autoscaling.enabled and controller.keda.enabled exclude each other: two autoscalers would fight" -}}
{{- end -}}
{{- if and (eq $controller.kind "DaemonSet") (or $controller.autoscaling.enabled $controller.keda.enabled) -}}
{{- fail "controller.kind: DaemonSet has one pod on each node and cannot be scaled; set controller.autoscaling.enabled and controller.keda.enabled to false" -}}
{{- end -}}
{{- $scaler := $controller.autoscaling -}}
{{- if and $scaler.enabled (gt (int $scaler.minReplicas) (int $scaler.maxReplicas)) -}}
{{- fail "controller.autoscaling: minReplicas is above maxReplicas" -}}
{{- end -}}
{{- if and $scaler.enabled (not $controller.autoscalingTemplate) (not $scaler.targetCPUUtilizationPercentage) (not $scaler.targetMemoryUtilizationPercentage) (not $scaler.targetWebSocketConnections) -}}
{{- fail "controller.autoscaling.enabled: no metric is left; set a target or controller.autoscalingTemplate" -}}
{{- end -}}
{{- if and $controller.keda.enabled (not $controller.keda.triggers) -}}
{{- fail "controller.keda.enabled: controller.keda.triggers is empty" -}}
{{- end -}}
{{- if and $controller.keda.enabled (gt (int $controller.keda.minReplicas) (int $controller.keda.maxReplicas)) -}}
{{- fail "controller.keda: minReplicas is above maxReplicas" -}}
{{- end -}}
{{- end -}}

{{- define "wsingress.refuse.metrics" -}}
{{- $metrics := .Values.controller.metrics -}}
{{- range $name := list "serviceMonitor" "podMonitor" "prometheusRule" "dashboard" -}}
{{- if and (get $metrics $name).enabled (not $metrics.enabled) -}}
{{- fail (printf "controller.metrics.%s.enabled has no effect without controller.metrics.enabled: true" $name) -}}
{{- end -}}
{{- end -}}
{{- if and $metrics.serviceMonitor.enabled (not $metrics.service.enabled) -}}
{{- fail "controller.metrics.serviceMonitor needs controller.metrics.service.enabled: true; controller.metrics.podMonitor does without a Service" -}}
{{- end -}}
{{- if and $metrics.serviceMonitor.enabled $metrics.podMonitor.enabled -}}
{{- fail "controller.metrics.serviceMonitor and controller.metrics.podMonitor exclude each other: every series would be there twice" -}}
{{- end -}}
{{- end -}}
