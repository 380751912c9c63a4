{{/* Names, labels, image. Every template gets the root context unless it says otherwise. */}}

{{- define "wsingress.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" -}}
{{- end -}}

{{- define "wsingress.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 40 | trimSuffix "-" -}}
{{- else -}}
{{- $name := include "wsingress.name" . -}}
{{- if contains $name .Release.Name -}}
{{- .Release.Name | trunc 40 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name $name | trunc 40 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{/* Name of the objects about the controller; the longest suffix added later is "-metrics". */}}
{{- define "wsingress.controller.fullname" -}}
{{- printf "%s-%s" (include "wsingress.fullname" .) .Values.controller.name | trunc 54 | trimSuffix "-" -}}
{{- end -}}

{{- define "wsingress.namespace" -}}
{{- default .Release.Namespace .Values.namespaceOverride -}}
{{- end -}}

{{- define "wsingress.serviceAccountName" -}}
{{- if .Values.serviceAccount.name -}}
{{- .Values.serviceAccount.name -}}
{{- else if .Values.serviceAccount.create -}}
{{- include "wsingress.fullname" . -}}
{{- else -}}
default
{{- end -}}
{{- end -}}

{{/* What selectors may use: it never changes in the life of a release. */}}
{{- define "wsingress.selectorLabels" -}}
app.kubernetes.io/name: {{ include "wsingress.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "wsingress.controller.selectorLabels" -}}
{{ include "wsingress.selectorLabels" . }}
app.kubernetes.io/component: {{ .Values.controller.name }}
{{- end -}}

{{/* commonLabels may replace the informative labels, not those that selectors use. */}}
{{- define "wsingress.labels" -}}
{{- $labels := dict
  "helm.sh/chart" (printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" | trunc 63 | trimSuffix "-")
  "app.kubernetes.io/version" .Chart.AppVersion
  "app.kubernetes.io/part-of" (include "wsingress.name" .)
  "app.kubernetes.io/managed-by" .Release.Service -}}
{{- $labels = mergeOverwrite $labels (deepCopy .Values.commonLabels) (include "wsingress.selectorLabels" . | fromYaml) -}}
{{- toYaml $labels -}}
{{- end -}}

{{- define "wsingress.controller.labels" -}}
{{- toYaml (merge (include "wsingress.controller.selectorLabels" . | fromYaml) (include "wsingress.labels" . | fromYaml)) -}}
{{- end -}}

{{/* Labels of an object: (list root extra-labels...). Later ones win, and none is written twice. */}}
{{- define "wsingress.mergedLabels" -}}
{{- $root := first . -}}
{{- $labels := include "wsingress.controller.labels" $root | fromYaml -}}
{{- range rest . -}}
{{- $labels = mergeOverwrite $labels (deepCopy (default dict .)) -}}
{{- end -}}
{{- $own := include "wsingress.controller.selectorLabels" $root | fromYaml -}}
{{- toYaml (mergeOverwrite $labels $own) -}}
{{- end -}}

{{- define "wsingress.image" -}}
{{- $image := .Values.controller.image -}}
{{- $registry := default $image.registry .Values.global.image.registry -}}
{{- $name := $image.repository | default (ternary (printf "%s/%s" $registry $image.image) $image.image (ne $registry "")) -}}
{{- if $image.digest -}}
{{- printf "%s@%s" $name $image.digest -}}
{{- else -}}
{{- printf "%s:%s" $name (default .Chart.AppVersion $image.tag) -}}
{{- end -}}
{{- end -}}

{{/* The image's rights in a container; also for the pods of `helm test`. */}}
{{- define "wsingress.imageSecurityContext" -}}
{{- $image := .Values.controller.image -}}
allowPrivilegeEscalation: {{ $image.allowPrivilegeEscalation }}
capabilities:
  drop:
    - ALL
readOnlyRootFilesystem: {{ $image.readOnlyRootFilesystem }}
runAsGroup: {{ int64 $image.runAsGroup }}
runAsNonRoot: {{ $image.runAsNonRoot }}
runAsUser: {{ int64 $image.runAsUser }}
seccompProfile:
  {{- toYaml $image.seccompProfile | nindent 2 }}
{{- end -}}

{{- define "wsingress.containerSecurityContext" -}}
{{- if .Values.controller.containerSecurityContext -}}
{{- toYaml .Values.controller.containerSecurityContext -}}
{{- else -}}
{{- include "wsingress.imageSecurityContext" . -}}
{{- end -}}
{{- end -}}
