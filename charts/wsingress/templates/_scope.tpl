{{/* What is watched, and whose addresses go into the status. Lists come as JSON objects, {"list": [...]}. */}}

{{- define "wsingress.watchedNamespaces" -}}
{{- $found := list -}}
{{- if .Values.controller.scope.enabled -}}
{{- range splitList "," (default (include "wsingress.namespace" .) .Values.controller.scope.namespace) -}}
{{- $found = append $found (trim .) -}}
{{- end -}}
{{- end -}}
{{- dict "list" ($found | uniq) | toJson -}}
{{- end -}}

{{- define "wsingress.className" -}}
{{- default .Values.controller.ingressClassResource.name .Values.controller.ingressClass -}}
{{- end -}}

{{/* "true" where the pods elect a leader: only the status and the Events of problems need one. */}}
{{- define "wsingress.elects" -}}
{{- if and (not .Values.controller.disableLeaderElection) (or .Values.controller.updateStatus .Values.controller.events) -}}
true
{{- end -}}
{{- end -}}

{{- define "wsingress.electionID" -}}
{{- default (printf "%s-leader" (include "wsingress.fullname" .)) .Values.controller.electionID -}}
{{- end -}}

{{/* NAMESPACE/NAME of the Service for --publish-service, or nothing. */}}
{{- define "wsingress.publishService" -}}
{{- $service := .Values.controller.service -}}
{{- if and .Values.controller.updateStatus .Values.controller.publishService.enabled (not .Values.controller.publishStatusAddresses) -}}
{{- if .Values.controller.publishService.pathOverride -}}
{{- .Values.controller.publishService.pathOverride -}}
{{- else if and $service.enabled $service.external.enabled -}}
{{- printf "%s/%s" (include "wsingress.namespace" .) (include "wsingress.controller.fullname" .) -}}
{{- else if and $service.enabled $service.internal.enabled -}}
{{- printf "%s/%s-internal" (include "wsingress.namespace" .) (include "wsingress.controller.fullname" .) -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{/* NAMESPACE/NAME of the Secret for --default-ssl-certificate, or nothing. */}}
{{- define "wsingress.defaultCertificate" -}}
{{- default (get .Values.controller.config "DefaultSslCertificate") (get .Values.controller.extraArgs "default-ssl-certificate") -}}
{{- end -}}

{{/* "true" when --publish-pod-selector is passed. */}}
{{- define "wsingress.publishNodes" -}}
{{- if and .Values.controller.updateStatus .Values.controller.publishNodeAddresses (not (include "wsingress.publishService" .)) (not .Values.controller.publishStatusAddresses) -}}
true
{{- end -}}
{{- end -}}
