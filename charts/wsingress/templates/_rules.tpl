{{/* What the controller may do. Each rule is there only while the feature that needs it is on. */}}

{{/* In each watched namespace, or in the cluster. */}}
{{- define "wsingress.rules.objects" -}}
- apiGroups: [""]
  resources: [services, secrets]
  verbs: [list, watch]
- apiGroups: [""]
  resources: [pods]
  verbs: [get]
- apiGroups: [discovery.k8s.io]
  resources: [endpointslices]
  verbs: [list, watch]
- apiGroups: [networking.k8s.io]
  resources: [ingresses]
  verbs: [list, watch]
{{- if .Values.controller.updateStatus }}
- apiGroups: [networking.k8s.io]
  resources: [ingresses/status]
  verbs: [patch]
{{- end }}
{{- if .Values.controller.events }}
- apiGroups: [events.k8s.io]
  resources: [events]
  verbs: [create, patch]
{{- end }}
{{- end -}}

{{/* In the cluster, whatever is watched. */}}
{{- define "wsingress.rules.cluster" -}}
{{- if not .Values.rbac.scope }}
- apiGroups: [networking.k8s.io]
  resources: [ingressclasses]
  verbs: [list, watch]
{{- end }}
{{- if and .Values.controller.scope.namespaceSelector (not .Values.controller.scope.enabled) }}
- apiGroups: [""]
  resources: [namespaces]
  verbs: [list, watch]
{{- end }}
{{- end -}}

{{/* In the controller's own namespace. */}}
{{- define "wsingress.rules.own" -}}
{{- if include "wsingress.elects" . }}
- apiGroups: [coordination.k8s.io]
  resources: [leases]
  verbs: [create]
- apiGroups: [coordination.k8s.io]
  resources: [leases]
  resourceNames: [{{ include "wsingress.electionID" . }}]
  verbs: [get, update]
{{- end }}
{{- if include "wsingress.publishNodes" . }}
- apiGroups: [""]
  resources: [pods]
  verbs: [list]
{{- end }}
{{- end -}}

{{/* (list root kind name): the subject and reference of a binding. */}}
{{- define "wsingress.binding" -}}
{{- $root := index . 0 -}}
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: {{ index . 1 }}
  name: {{ index . 2 }}
subjects:
  - kind: ServiceAccount
    name: {{ include "wsingress.serviceAccountName" $root }}
    namespace: {{ include "wsingress.namespace" $root }}
{{- end -}}

{{/* (list root namespace name rules): a Role and its binding. */}}
{{- define "wsingress.role" -}}
{{- $root := index . 0 -}}
{{- $namespace := index . 1 -}}
{{- $name := index . 2 }}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata:
  name: {{ $name }}
  namespace: {{ $namespace }}
  labels:
    {{- include "wsingress.controller.labels" $root | nindent 4 }}
rules:
  {{- index . 3 | trim | nindent 2 }}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata:
  name: {{ $name }}
  namespace: {{ $namespace }}
  labels:
    {{- include "wsingress.controller.labels" $root | nindent 4 }}
{{ include "wsingress.binding" (list $root "Role" $name) }}
{{- end -}}
