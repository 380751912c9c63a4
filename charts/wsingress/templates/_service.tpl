{{/*
(list root values name labels): spec of a traffic Service. The values of the internal one are completed by those of the first
where both must agree.
*/}}
{{- define "wsingress.service" -}}
{{- $root := index . 0 -}}
{{- $service := index . 1 -}}
apiVersion: v1
kind: Service
metadata:
  name: {{ index . 2 }}
  namespace: {{ include "wsingress.namespace" $root }}
  labels:
    {{- include "wsingress.mergedLabels" (list $root $root.Values.controller.service.labels (index . 3)) | nindent 4 }}
  {{- with $service.annotations }}
  annotations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
spec:
  type: {{ $service.type }}
  {{- range $key := list "clusterIP" "clusterIPs" "externalIPs" "loadBalancerIP" "loadBalancerSourceRanges" "loadBalancerClass" "externalTrafficPolicy" "internalTrafficPolicy" "trafficDistribution" "sessionAffinity" "sessionAffinityConfig" "ipFamilyPolicy" "ipFamilies" }}
  {{- with get $service $key }}
  {{- dict $key . | toYaml | nindent 2 }}
  {{- end }}
  {{- end }}
  {{- if kindIs "bool" $service.allocateLoadBalancerNodePorts }}
  allocateLoadBalancerNodePorts: {{ $service.allocateLoadBalancerNodePorts }}
  {{- end }}
  {{- with int $service.healthCheckNodePort }}
  healthCheckNodePort: {{ . }}
  {{- end }}
  selector:
    {{- include "wsingress.controller.selectorLabels" $root | nindent 4 }}
  ports:
    {{- range $name := list "http" "https" }}
    {{- if get $service (printf "enable%s" (title $name)) }}
    - name: {{ printf "%s%s" $root.Values.portNamePrefix $name }}
      port: {{ int (get $service.ports $name) }}
      targetPort: {{ get $service.targetPorts $name }}
      protocol: TCP
      {{- if $service.appProtocol }}
      appProtocol: {{ $name }}
      {{- end }}
      {{- with get $service.nodePorts $name | int }}
      nodePort: {{ . }}
      {{- end }}
    {{- end }}
    {{- end }}
{{- end -}}
