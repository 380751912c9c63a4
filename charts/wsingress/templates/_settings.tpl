{{/* Flags of `wsingress controller`: what exists, what the chart owns, what is passed. */}}

{{/* Every setting. charts/check compares this list with the binary's own help. */}}
{{- define "wsingress.settings.known" -}}
{{- dict "list" (list
  "http" "https" "h2c" "metrics" "admin" "admin-token-file" "ingress-class" "trusted-proxies" "proxy-protocol" "disable-external-name" "default" "max-connections-per-namespace" "drain-window"
  "transport" "loops" "handshake" "access-log" "log-level" "log-format" "kubeconfig" "context" "controller-name" "watch-ingress-without-class" "ingress-class-by-name"
  "disable-ingress-class-lookup" "watch-namespace" "watch-namespace-selector" "default-ssl-certificate" "update-status"
  "publish-service" "publish-status-address" "publish-pod-selector" "update-status-on-shutdown" "leader-election" "election-id"
  "lease-duration" "lease-renew-deadline" "lease-retry-period" "events" "pod-namespace" "pod-name" "lb-deregistration-delay"
  "termination-grace-period") | toJson -}}
{{- end -}}

{{/* Settings that belong to a value of the chart, since ports, rights or the drain hang on them. */}}
{{- define "wsingress.settings.owned" -}}
http: controller.containerPort.http
https: controller.containerPort.https
metrics: controller.metrics.port
ingress-class: controller.ingressClass
controller-name: controller.ingressClassResource.controllerValue
watch-ingress-without-class: controller.watchIngressWithoutClass
ingress-class-by-name: controller.ingressClassByName
disable-ingress-class-lookup: rbac.scope
watch-namespace: controller.scope.namespace
watch-namespace-selector: controller.scope.namespaceSelector
update-status: controller.updateStatus
publish-service: controller.publishService
publish-status-address: controller.publishStatusAddresses
publish-pod-selector: controller.publishNodeAddresses
leader-election: controller.disableLeaderElection
election-id: controller.electionID
lease-duration: controller.electionTTL
events: controller.events
default: controller.defaults
max-connections-per-namespace: controller.maxConnectionsPerNamespace
pod-namespace: namespaceOverride
pod-name: nothing (the pod's own name is passed)
lb-deregistration-delay: controller.drain.lbDeregistrationDelay
termination-grace-period: controller.drain.timeout
config: controller.config
{{- end -}}

{{/* "drain-window" to "DrainWindow". */}}
{{- define "wsingress.settings.key" -}}
{{- $key := "" -}}
{{- range splitList "-" . -}}
{{- $key = printf "%s%s" $key (title .) -}}
{{- end -}}
{{- $key -}}
{{- end -}}

{{/* A value as the program reads it. */}}
{{- define "wsingress.settings.text" -}}
{{- /* Helm reads large whole numbers of values as floats. */ -}}
{{- $text := ternary (printf "%.0f" .) (toString .) (kindIs "float64" .) -}}
{{- $text = ternary "on" $text (eq $text "true") -}}
{{- ternary "off" $text (eq $text "false") -}}
{{- end -}}

{{/*
(list root flag): what is said about a setting that belongs to no value, as {"from": PLACE, "text": TEXT}; {} when nothing is. As in
the program a flag wins over a variable, a variable over the file, and an empty variable is none. "hidden" is true when the text is
known in the pod alone: by valueFrom, or by a reference such as $(NAME).
*/}}
{{- define "wsingress.settings.given" -}}
{{- $controller := (index . 0).Values.controller -}}
{{- $flag := index . 1 -}}
{{- $given := dict -}}
{{- $key := include "wsingress.settings.key" $flag -}}
{{- $value := get $controller.config $key -}}
{{- if and (hasKey $controller.config $key) (not (kindIs "invalid" $value)) -}}
{{- $text := kindIs "slice" $value | ternary (join "," $value) (include "wsingress.settings.text" $value) -}}
{{- $given = dict "from" (printf "controller.config.%s" $key) "text" $text -}}
{{- end -}}
{{- $name := printf "WSINGRESS_%s" ($flag | replace "-" "_" | upper) -}}
{{- $variable := dict -}}
{{- range $controller.extraEnvs -}}
{{- if eq (toString .name) $name -}}
{{- $variable = . -}}
{{- end -}}
{{- end -}}
{{- $text := toString (default "" $variable.value) -}}
{{- if or $text $variable.valueFrom -}}
{{- $given = dict "from" (printf "controller.extraEnvs (%s)" $name) "text" $text "hidden" (or (not $text) (contains "$(" $text)) -}}
{{- end -}}
{{- if hasKey $controller.extraArgs $flag -}}
{{- $text = include "wsingress.settings.text" (get $controller.extraArgs $flag) -}}
{{- $given = dict "from" (printf "controller.extraArgs.%s" $flag) "text" $text "hidden" (contains "$(" $text) -}}
{{- end -}}
{{- $given | toJson -}}
{{- end -}}

{{/* "true" where the admin API has to be off: on the node's network, loopback keeps nobody out who is on the node, and there is no token. */}}
{{- define "wsingress.adminOff" -}}
{{- if and .Values.controller.hostNetwork (not (include "wsingress.settings.given" (list . "admin-token-file") | fromJson).text) -}}
true
{{- end -}}
{{- end -}}

{{/* The flags, as {"list": [...]}, sorted. */}}
{{- define "wsingress.args" -}}
{{- $controller := .Values.controller -}}
{{- $drain := include "wsingress.drain" . | fromJson -}}
{{- $watched := (include "wsingress.watchedNamespaces" . | fromJson).list -}}
{{- $args := dict
  "http" $controller.containerPort.http
  "https" $controller.containerPort.https
  "metrics" $controller.metrics.port
  "ingress-class" (include "wsingress.className" .)
  "controller-name" $controller.ingressClassResource.controllerValue
  "lb-deregistration-delay" (printf "%ds" (int $drain.delay))
  "termination-grace-period" (printf "%ds" (int $drain.process)) -}}
{{- if not (hasKey $controller.config "DrainWindow") -}}
{{- $_ := set $args "drain-window" (printf "%ds" (int $drain.window)) -}}
{{- end -}}
{{- if $controller.watchIngressWithoutClass -}}
{{- $_ := set $args "watch-ingress-without-class" "on" -}}
{{- end -}}
{{- if .Values.rbac.scope -}}
{{- $_ := set $args "disable-ingress-class-lookup" "on" -}}
{{- else if $controller.ingressClassByName -}}
{{- $_ := set $args "ingress-class-by-name" "on" -}}
{{- end -}}
{{- if $watched -}}
{{- $_ := set $args "watch-namespace" (join "," $watched) -}}
{{- else if $controller.scope.namespaceSelector -}}
{{- $_ := set $args "watch-namespace-selector" $controller.scope.namespaceSelector -}}
{{- end -}}
{{- if not $controller.updateStatus -}}
{{- $_ := set $args "update-status" "off" -}}
{{- end -}}
{{- with $controller.publishStatusAddresses -}}
{{- $_ := set $args "publish-status-address" (join "," .) -}}
{{- end -}}
{{- with include "wsingress.publishService" . -}}
{{- $_ := set $args "publish-service" . -}}
{{- end -}}
{{- if include "wsingress.publishNodes" . -}}
{{- $pairs := list -}}
{{- range $name, $value := include "wsingress.controller.selectorLabels" . | fromYaml -}}
{{- $pairs = append $pairs (printf "%s=%s" $name $value) -}}
{{- end -}}
{{- $_ := set $args "publish-pod-selector" (join "," $pairs) -}}
{{- end -}}
{{- if not (include "wsingress.elects" .) -}}
{{- $_ := set $args "leader-election" "off" -}}
{{- else -}}
{{- $_ := set $args "election-id" (include "wsingress.electionID" .) -}}
{{- with $controller.electionTTL -}}
{{- $_ := set $args "lease-duration" . -}}
{{- /* A leader gives up before another may take over: after two thirds of the time, which the schema has in whole seconds. */ -}}
{{- $_ := set $args "lease-renew-deadline" (printf "%ds" (div (mul (trimSuffix "s" . | int) 2) 3)) -}}
{{- end -}}
{{- end -}}
{{- if not $controller.events -}}
{{- $_ := set $args "events" "off" -}}
{{- end -}}
{{- if gt (int64 $controller.maxConnectionsPerNamespace) 0 -}}
{{- $_ := set $args "max-connections-per-namespace" $controller.maxConnectionsPerNamespace -}}
{{- end -}}
{{- $defaults := list -}}
{{- range $name, $value := $controller.defaults -}}
{{- $defaults = append $defaults (printf "%s=%s" $name (include "wsingress.settings.text" $value)) -}}
{{- end -}}
{{- with $defaults -}}
{{- $_ := set $args "default" (join "," .) -}}
{{- end -}}
{{- if include "wsingress.adminOff" . -}}
{{- $_ := set $args "admin" "off" -}}
{{- end -}}
{{- if $controller.config -}}
{{- $_ := set $args "config" "/etc/wsingress/appsettings.json" -}}
{{- end -}}
{{- $args = mergeOverwrite $args (deepCopy $controller.extraArgs) -}}
{{- $list := list -}}
{{- range $name, $value := $args -}}
{{- $list = append $list (printf "--%s=%s" $name (include "wsingress.settings.text" $value)) -}}
{{- end -}}
{{- dict "list" $list | toJson -}}
{{- end -}}
