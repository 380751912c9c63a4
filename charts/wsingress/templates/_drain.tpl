{{/*
The end of a pod, in seconds. One number, the grace period, is divided:

  0           preStop            + lbDelay                + window            + rest         grace
  |-- sleep --|-- not ready, takes --|-- Close frames, evenly --|-- stragglers --|-- 2 s --|
              SIGTERM                                                                     SIGKILL

The grace period counts from before the preStop hook, the process from SIGTERM: so it is told grace - preStop. It ends 2 s before
that. Nine tenths of what is left after the delay are for Close frames, the rest for answers to them.
*/}}

{{/* "true" where the cluster knows a sleeping preStop hook. */}}
{{- define "wsingress.drain.knowsSleep" -}}
{{- if semverCompare ">=1.30-0" .Capabilities.KubeVersion.Version -}}
true
{{- end -}}
{{- end -}}

{{- define "wsingress.drain" -}}
{{- $drain := .Values.controller.drain -}}
{{- $grace := int $drain.timeout -}}
{{- if not (kindIs "invalid" .Values.controller.terminationGracePeriodSeconds) -}}
{{- $grace = int .Values.controller.terminationGracePeriodSeconds -}}
{{- end -}}
{{- $preStop := 0 -}}
{{- if .Values.controller.lifecycle -}}
{{- $hook := default dict .Values.controller.lifecycle.preStop -}}
{{- if hasKey $hook "sleep" -}}
{{- $preStop = int $hook.sleep.seconds -}}
{{- else if $hook -}}
{{- $preStop = int $drain.preStopSleep -}}
{{- end -}}
{{- else if include "wsingress.drain.knowsSleep" . -}}
{{- $preStop = int $drain.preStopSleep -}}
{{- end -}}
{{- $delay := int $drain.lbDeregistrationDelay -}}
{{- $left := sub $grace (add $preStop $delay 2) | int -}}
{{- if lt $left 5 -}}
{{- fail (printf "controller.drain does not fit: of %d s (drain.timeout or terminationGracePeriodSeconds) the preStop hook takes %d s, lbDeregistrationDelay %d s and the exit 2 s; %d s are left to close sockets, allowed: at least 5" $grace $preStop $delay $left) -}}
{{- end -}}
{{- $window := max 1 (div (mul $left 9) 10) | int -}}
{{- with (get .Values.controller.config "DrainWindow") -}}
{{- if not (regexMatch "^[0-9]+s$" (toString .)) -}}
{{- fail (printf "controller.config.DrainWindow: '%v' cannot be used; allowed: whole seconds such as 120s, since it must fit into controller.drain" .) -}}
{{- end -}}
{{- $window = trimSuffix "s" (toString .) | int -}}
{{- if gt $window $left -}}
{{- fail (printf "controller.config.DrainWindow: %ds does not fit; controller.drain leaves %d s to close sockets" $window $left) -}}
{{- end -}}
{{- end -}}
{{- dict "grace" $grace "preStop" $preStop "process" (sub $grace $preStop) "delay" $delay "window" $window "left" $left | toJson -}}
{{- end -}}
