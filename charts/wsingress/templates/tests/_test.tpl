{{/* What `helm test` creates. All of it are hooks: no object of it is there before, and none after a test that passed. */}}

{{- define "wsingress.test.name" -}}
{{- printf "%s-test" (include "wsingress.fullname" .) -}}
{{- end -}}

{{/* A namespace that is watched, the controller's own if possible. */}}
{{- define "wsingress.test.namespace" -}}
{{- $own := include "wsingress.namespace" . -}}
{{- $watched := (include "wsingress.watchedNamespaces" . | fromJson).list -}}
{{- if .Values.test.namespace -}}
{{- .Values.test.namespace -}}
{{- else if and $watched (not (has $own $watched)) -}}
{{- first $watched -}}
{{- else -}}
{{- $own -}}
{{- end -}}
{{- end -}}

{{- define "wsingress.test.host" -}}
{{- default (printf "%s.test" (include "wsingress.test.name" .)) .Values.test.host -}}
{{- end -}}

{{/* (list root weight role): metadata of an object. */}}
{{- define "wsingress.test.metadata" -}}
{{- $root := index . 0 -}}
name: {{ include "wsingress.test.name" $root }}
namespace: {{ include "wsingress.test.namespace" $root }}
labels:
  {{- toYaml (merge (dict "app.kubernetes.io/component" (index . 2)) (include "wsingress.labels" $root | fromYaml)) | nindent 2 }}
annotations:
  helm.sh/hook: test
  helm.sh/hook-weight: {{ index . 1 | quote }}
  helm.sh/hook-delete-policy: before-hook-creation,hook-succeeded
{{- end -}}

{{- define "wsingress.test.selectorLabels" -}}
{{ include "wsingress.selectorLabels" . }}
app.kubernetes.io/component: test-echo
{{- end -}}

{{/* Where the controller takes traffic from inside the cluster: its Service; without one there is no test. */}}
{{- define "wsingress.test.address" -}}
{{- $service := .Values.controller.service -}}
{{- $name := include "wsingress.controller.fullname" . -}}
{{- if $service.enabled -}}
{{- if and $service.external.enabled $service.enableHttp -}}
{{- printf "%s.%s:%d" $name (include "wsingress.namespace" .) (int $service.ports.http) -}}
{{- else if and $service.internal.enabled (get $service.internal "enableHttp" | default $service.enableHttp) -}}
{{- $port := dig "ports" "http" $service.ports.http $service.internal -}}
{{- printf "%s-internal.%s:%d" $name (include "wsingress.namespace" .) (int $port) -}}
{{- end -}}
{{- end -}}
{{- end -}}
