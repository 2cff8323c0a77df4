{{- /* What several components share. Names of components are those of engines/kubernetes/network.py. */ -}}

{{- define "tre.labels" -}}
tre.component: {{ .component }}
app.kubernetes.io/part-of: tre
{{- end }}

{{- define "tre.podSecurity" -}}
runAsNonRoot: true
runAsUser: 1000
runAsGroup: 1000
fsGroup: 1000
fsGroupChangePolicy: OnRootMismatch
seccompProfile: {type: RuntimeDefault}
{{- end }}

{{- define "tre.containerSecurity" -}}
allowPrivilegeEscalation: false
privileged: false
readOnlyRootFilesystem: true
runAsNonRoot: true
capabilities: {drop: [ALL]}
{{- end }}

{{- define "tre.resources" -}}
requests: {cpu: {{ .Values.resources.cpu }}, memory: {{ int .Values.resources.memoryMb }}Mi}
limits: {memory: {{ int .Values.resources.mostMemoryMb }}Mi}
{{- end }}

{{- /* Where the others are: by the service's own address, so that no name service is needed. */ -}}
{{- define "tre.dials" -}}
- {name: TRE_CONTROL_DIAL, value: "http://$(CONTROL_SERVICE_HOST):8700"}
- {name: TRE_DOORS_DIAL, value: "http://$(DOORS_SERVICE_HOST):8084"}
{{- end }}

{{- define "tre.databaseSecret" -}}
{{- if .Values.database.trial.enabled }}database{{ else }}{{ .Values.database.secret }}{{ end }}
{{- end }}

{{- define "tre.database" -}}
- name: TRE_DATABASE_URL
  valueFrom: {secretKeyRef: {name: {{ include "tre.databaseSecret" . }}, key: url}}
{{- if .Values.database.trial.enabled }}
- {name: PGHOST, value: "$(DATABASE_SERVICE_HOST)"}
{{- end }}
{{- end }}

{{- define "tre.store" -}}
{{- if not .Values.store.folder }}
- name: TRE_S3_ACCESS_KEY
  valueFrom: {secretKeyRef: {name: {{ .Values.store.s3.secret }}, key: access_key}}
- name: TRE_S3_SECRET_KEY
  valueFrom: {secretKeyRef: {name: {{ .Values.store.s3.secret }}, key: secret_key}}
{{- end }}
{{- end }}

{{- /* Egress of a policy to addresses outside: [{cidr, port}]. */ -}}
{{- /* Who we are at the registry that nodes pull snapshots from. */ -}}
{{- define "tre.registry" -}}
{{- with .Values.cluster.snapshots.secret }}
- name: TRE_REGISTRY_USER
  valueFrom: {secretKeyRef: {name: {{ . }}, key: user}}
- name: TRE_REGISTRY_PASSWORD
  valueFrom: {secretKeyRef: {name: {{ . }}, key: password}}
{{- end }}
{{- end }}

{{- define "tre.at" -}}
{{- range . }}
- to: [{ipBlock: {cidr: {{ .cidr | quote }}}}]
  ports: [{protocol: TCP, port: {{ .port }}}]
{{- end }}
{{- end }}

{{- define "tre.namesAt" -}}
{{- range .Values.names.at }}
- to: [{ipBlock: {cidr: {{ .cidr | quote }}}}]
  ports: [{protocol: UDP, port: {{ .port }}}, {protocol: TCP, port: {{ .port }}}]
{{- end }}
{{- end }}

{{- define "tre.apiServers" -}}
{{- range .Values.cluster.apiServers }}
- to: [{ipBlock: {cidr: "{{ .address }}/{{ contains ":" .address | ternary 128 32 }}"}}]
  ports: [{protocol: TCP, port: {{ .port }}}]
{{- end }}
{{- end }}

{{- /* One of our own pods as a peer: both selectors in one element, two would mean "or". */ -}}
{{- define "tre.ours" -}}
{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: {{ .space }}}}, podSelector: {matchLabels: {tre.component: {{ .component }}}}}
{{- end }}

{{- define "tre.databaseOut" -}}
{{- if .Values.database.trial.enabled }}
- to: [{{ include "tre.ours" (dict "space" .Release.Namespace "component" "database") }}]
  ports: [{protocol: TCP, port: 5432}]
{{- end }}
{{- include "tre.at" .Values.database.at }}
{{- end }}

{{- /* What admission asks of this cluster, by variable: orchestrator.engines.kubernetes.admission.facts. */ -}}
{{- define "tre.facts" -}}
{{- $images := concat (values .Values.images.workspaces) (list .Values.images.hub .Values.images.orchestrator) | uniq | sortAlpha -}}
reconciler: {{ printf "system:serviceaccount:%s:reconciler" .Release.Namespace | toJson | quote }}
controllers: {{ .Values.cluster.controllers | toJson | replace "\",\"" "\", \"" | quote }}
volumeControllers: {{ list "system:serviceaccount:kube-system:persistent-volume-binder" "system:serviceaccount:kube-system:pv-protection-controller" | toJson | replace "\",\"" "\", \"" | quote }}
images: {{ $images | toJson | replace "\",\"" "\", \"" | quote }}
jobControllers: {{ append .Values.cluster.controllers "system:serviceaccount:kube-system:job-controller" | toJson | replace "\",\"" "\", \"" | quote }}
placing: {{ .Values.cluster.placingNamespace | toJson | quote }}
doors: {{ .Values.cluster.doorsAddress | toJson | quote }}
userNamespaces: {{ .Values.cluster.userNamespaces | toJson | quote }}
runtimeClass: {{ .Values.cluster.runtimeClass | toJson | quote }}
repository: {{ .Values.cluster.snapshots.repository | default "" | toJson | quote }}
path: {{ regexReplaceAll "^[^/]*/?" (.Values.cluster.snapshots.repository | default "") "" | toJson | quote }}
{{- end }}
