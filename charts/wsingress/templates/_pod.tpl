{{/* spec.template of the Deployment or DaemonSet. */}}
{{- define "wsingress.podTemplate" -}}
{{- $controller := .Values.controller -}}
{{- $drain := include "wsingress.drain" . | fromJson -}}
metadata:
  {{- $annotations := deepCopy $controller.podAnnotations }}
  {{- if $controller.config }}
  {{- $_ := set $annotations "checksum/config" (include "wsingress.configFile" . | sha256sum) }}
  {{- end }}
  {{- with $annotations }}
  annotations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- /* No chart or app version: pods, and with them sockets, move only when something in the pod changes. */}}
  {{- $own := include "wsingress.controller.selectorLabels" . | fromYaml }}
  labels:
    {{- toYaml (mergeOverwrite (deepCopy .Values.commonLabels) (deepCopy $controller.podLabels) $own) | nindent 4 }}
spec:
  serviceAccountName: {{ include "wsingress.serviceAccountName" . }}
  automountServiceAccountToken: {{ .Values.serviceAccount.automountServiceAccountToken }}
  terminationGracePeriodSeconds: {{ $drain.grace }}
  {{- with .Values.imagePullSecrets }}
  imagePullSecrets:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- if $controller.hostNetwork }}
  hostNetwork: true
  {{- end }}
  dnsPolicy: {{ default (ternary "ClusterFirstWithHostNet" "ClusterFirst" $controller.hostNetwork) $controller.dnsPolicy }}
  {{- with $controller.dnsConfig }}
  dnsConfig:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with $controller.hostAliases }}
  hostAliases:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with $controller.priorityClassName }}
  priorityClassName: {{ . }}
  {{- end }}
  {{- with $controller.runtimeClassName }}
  runtimeClassName: {{ . }}
  {{- end }}
  {{- if $controller.shareProcessNamespace }}
  shareProcessNamespace: true
  {{- end }}
  {{- if or $controller.podSecurityContext $controller.sysctls }}
  securityContext:
    {{- with $controller.podSecurityContext }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
    {{- with $controller.sysctls }}
    sysctls:
      {{- range $name, $value := . }}
      - name: {{ $name }}
        value: {{ $value | quote }}
      {{- end }}
    {{- end }}
  {{- end }}
  {{- with $controller.extraInitContainers }}
  initContainers:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  containers:
    - {{ include "wsingress.container" . | nindent 6 | trim }}
    {{- with $controller.extraContainers }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  {{- if or $controller.config $controller.extraVolumes }}
  volumes:
    {{- if $controller.config }}
    - name: config
      configMap:
        name: {{ include "wsingress.controller.fullname" . }}
    {{- end }}
    {{- with $controller.extraVolumes }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  {{- end }}
  {{- with $controller.nodeSelector }}
  nodeSelector:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with $controller.tolerations }}
  tolerations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with $controller.affinity }}
  affinity:
    {{- tpl (toYaml .) $ | nindent 4 }}
  {{- end }}
  {{- if and $controller.topologySpreadConstraints (eq $controller.kind "Deployment") }}
  topologySpreadConstraints:
    {{- range $controller.topologySpreadConstraints }}
    {{- $constraint := deepCopy . }}
    {{- if not (hasKey $constraint "labelSelector") }}
    {{- $_ := set $constraint "labelSelector" (dict "matchLabels" (include "wsingress.controller.selectorLabels" $ | fromYaml)) }}
    {{- /* Without it the pods of the old ReplicaSet count while an update runs. */}}
    {{- if and (semverCompare ">=1.27-0" $.Capabilities.KubeVersion.Version) (not (hasKey $constraint "matchLabelKeys")) }}
    {{- $_ := set $constraint "matchLabelKeys" (list "pod-template-hash") }}
    {{- end }}
    {{- end }}
    - {{ toYaml $constraint | nindent 6 | trim }}
    {{- end }}
  {{- end }}
{{- end -}}

{{- define "wsingress.container" -}}
{{- $controller := .Values.controller -}}
{{- $drain := include "wsingress.drain" . | fromJson -}}
name: {{ $controller.containerName }}
image: {{ include "wsingress.image" . | quote }}
imagePullPolicy: {{ $controller.image.pullPolicy }}
args:
  - controller
  {{- range (include "wsingress.args" . | fromJson).list }}
  - {{ . | quote }}
  {{- end }}
env:
  - name: POD_NAME
    valueFrom:
      fieldRef:
        fieldPath: metadata.name
  - name: POD_NAMESPACE
    valueFrom:
      fieldRef:
        fieldPath: metadata.namespace
  {{- with $controller.extraEnvs }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
ports:
  {{- range $name := list "http" "https" }}
  {{- $port := get $controller.containerPort $name }}
  - name: {{ $name }}
    containerPort: {{ int $port }}
    protocol: TCP
    {{- if $controller.hostPort.enabled }}
    hostPort: {{ int (get $controller.hostPort.ports $name) }}
    {{- end }}
  {{- end }}
  - name: {{ $controller.metrics.portName }}
    containerPort: {{ int $controller.metrics.port }}
    protocol: TCP
{{- if $controller.lifecycle }}
lifecycle:
  {{- toYaml $controller.lifecycle | nindent 2 }}
{{- else if gt (int $drain.preStop) 0 }}
lifecycle:
  preStop:
    sleep:
      seconds: {{ $drain.preStop }}
{{- end }}
{{- include "wsingress.probe" (list . "startupProbe" $controller.healthCheckPath) }}
{{- include "wsingress.probe" (list . "livenessProbe" $controller.healthCheckPath) }}
{{- include "wsingress.probe" (list . "readinessProbe" $controller.readinessPath) }}
{{- with $controller.resources }}
resources:
  {{- toYaml . | nindent 2 }}
{{- end }}
securityContext:
  {{- include "wsingress.containerSecurityContext" . | nindent 2 }}
{{- if or $controller.config $controller.extraVolumeMounts }}
volumeMounts:
  {{- if $controller.config }}
  - name: config
    mountPath: /etc/wsingress
    readOnly: true
  {{- end }}
  {{- with $controller.extraVolumeMounts }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- end }}
{{- end -}}

{{/* (list root name path): a probe, with a handler unless the value has one. */}}
{{- define "wsingress.probe" -}}
{{- $controller := (index . 0).Values.controller -}}
{{- $probe := get $controller (index . 1) -}}
{{- if $probe }}
{{- $probe = deepCopy $probe -}}
{{- if not (or (hasKey $probe "httpGet") (hasKey $probe "tcpSocket") (hasKey $probe "exec") (hasKey $probe "grpc")) -}}
{{- $_ := set $probe "httpGet" (dict "path" (index . 2) "port" $controller.metrics.portName) -}}
{{- end }}
{{ index . 1 }}:
  {{- toYaml $probe | nindent 2 }}
{{- end -}}
{{- end -}}

{{/* The settings file: what docs/configuration.md calls appsettings.json. */}}
{{- define "wsingress.configFile" -}}
{{- dict "WsIngress" .Values.controller.config | toPrettyJson -}}
{{- end -}}
