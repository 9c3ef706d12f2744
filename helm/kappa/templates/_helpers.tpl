{{- define "kappa.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 40 | trimSuffix "-" -}}
{{- end -}}

{{- define "kappa.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 30 | trimSuffix "-" -}}
{{- else if contains (include "kappa.name" .) .Release.Name -}}
{{- .Release.Name | trunc 30 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name (include "kappa.name" .) | trunc 30 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{- define "kappa.selector" -}}
app.kubernetes.io/name: {{ include "kappa.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "kappa.labels" -}}
{{ include "kappa.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- end -}}

{{- define "kappa.serviceAccount" -}}
{{- if .Values.serviceAccount.create -}}
{{- default (include "kappa.fullname" .) .Values.serviceAccount.name -}}
{{- else -}}
{{- default "default" .Values.serviceAccount.name -}}
{{- end -}}
{{- end -}}

{{/* The pools that are switched on, each with all its values, as JSON. A default in the values would be added to what is given. */}}
{{- define "kappa.pools" -}}
{{- $pools := dict -}}
{{- range $name, $pool := default (dict "main" dict) .Values.pools -}}
{{- $merged := mergeOverwrite (deepCopy $.Values.poolDefaults) (deepCopy (default dict $pool)) -}}
{{- if $merged.enabled -}}
{{- $_ := set $pools $name $merged -}}
{{- end -}}
{{- end -}}
{{- if not $pools -}}
{{- fail "pools: at least one pool must be enabled" -}}
{{- end -}}
{{- toJson $pools -}}
{{- end -}}

{{/* An image, of the chart's values and those of a pool: (dict "root" $ "image" $pool.image). */}}
{{- define "kappa.image" -}}
{{- $image := deepCopy .root.Values.image -}}
{{- if or .image.tag .image.repository -}}
{{/* Another build has another digest. */}}
{{- $_ := set $image "digest" "" -}}
{{- end -}}
{{- $image = mergeOverwrite $image (deepCopy .image) -}}
{{- if $image.digest -}}
{{- printf "%s@%s" $image.repository $image.digest -}}
{{- else -}}
{{- printf "%s:%s" $image.repository (default .root.Chart.AppVersion $image.tag) -}}
{{- end -}}
{{- end -}}

{{/* A value of a setting: whole numbers as they were written, which Go would print as 1e+06. */}}
{{- define "kappa.value" -}}
{{- if and (kindIs "float64" .) (eq (floor .) .) -}}
{{- int64 . -}}
{{- else -}}
{{- . -}}
{{- end -}}
{{- end -}}

{{- define "kappa.scheme" -}}
{{- if .Values.tls.enabled }}HTTPS{{ else }}HTTP{{ end -}}
{{- end -}}

{{- define "kappa.tlsSecret" -}}
{{- if .Values.tls.secretName -}}
{{- .Values.tls.secretName -}}
{{- else if .Values.tls.certManager.enabled -}}
{{- printf "%s-tls" (include "kappa.fullname" .) -}}
{{- else -}}
{{- fail "tls.enabled needs tls.secretName, or tls.certManager.enabled" -}}
{{- end -}}
{{- end -}}

{{/* Where an instance is reached from inside the cluster. */}}
{{- define "kappa.url" -}}
{{- printf "%s://%s.%s.svc:%v" (include "kappa.scheme" . | lower) (include "kappa.fullname" .) .Release.Namespace .Values.service.port -}}
{{- end -}}

{{/* Values of before the first release are refused with their name of today. */}}
{{- define "kappa.renamed" -}}
{{- if hasKey .Values.image "pullSecrets" }}{{ fail "image.pullSecrets was renamed; use imagePullSecrets" }}{{ end -}}
{{- if hasKey .Values.ingress "host" }}{{ fail "ingress.host was renamed; use ingress.hosts[].host" }}{{ end -}}
{{- if hasKey .Values.ingress "tlsSecret" }}{{ fail "ingress.tlsSecret was renamed; use ingress.tls[].secretName" }}{{ end -}}
{{- range $name, $pool := merge (dict "poolDefaults" .Values.poolDefaults) (default dict .Values.pools) -}}
{{- range $old, $now := dict "storage" "persistence" "env" "extraEnv" "volumes" "extraVolumes" "volumeMounts" "extraVolumeMounts" -}}
{{- if hasKey (default dict $pool) $old }}{{ fail (printf "%s.%s was renamed; use %s" $name $old $now) }}{{ end -}}
{{- end -}}
{{- if hasKey (default dict (default dict $pool).autoscaling) "cpuUtilization" }}{{ fail (printf "%s.autoscaling.cpuUtilization was renamed; use targetCPUUtilizationPercentage" $name) }}{{ end -}}
{{- end -}}
{{- end -}}

{{/* The image with jars of the user, of the pool or of the chart: (dict "root" $ "pool" $pool). */}}
{{- define "kappa.viewJarsOf" -}}
{{- $ofPool := default dict .pool.viewJars -}}
{{- toJson (ternary (mergeOverwrite (deepCopy .root.Values.viewJars) (deepCopy $ofPool)) .root.Values.viewJars (not (empty $ofPool.image))) -}}
{{- end -}}

{{/* Copies jars with views of the user to where Kappa looks for them: (dict "root" $ "pool" $pool). */}}
{{- define "kappa.viewJars" -}}
{{- $jars := include "kappa.viewJarsOf" . | fromJson -}}
{{- with $jars.image }}
- name: view-jars
  image: {{ . }}
  command: [sh, -c, "cp {{ $jars.path }}/*.jar /opt/kappa/views/"]
  securityContext:
    {{- toYaml $.root.Values.securityContext | nindent 4 }}
  volumeMounts:
    - name: views
      mountPath: /opt/kappa/views
{{- end }}
{{- end -}}

{{- define "kappa.viewJarsMount" -}}
{{- if (include "kappa.viewJarsOf" . | fromJson).image }}
- name: views
  mountPath: /opt/kappa/views
  readOnly: true
{{- end }}
{{- end -}}

{{- define "kappa.viewJarsVolume" -}}
{{- if (include "kappa.viewJarsOf" . | fromJson).image }}
- name: views
  emptyDir: {}
{{- end }}
{{- end -}}

{{/* Names of volumes have no dots, names of secrets may have. */}}
{{- define "kappa.secretVolumeName" -}}
{{- printf "secret-%s" (replace "." "-" .) | trunc 63 | trimSuffix "-" -}}
{{- end -}}

{{/* Secrets with Kafka's credentials, and certificates: (dict "root" $ "secrets" $names "tls" $whether). */}}
{{- define "kappa.secretVolumes" -}}
{{- range .secrets }}
- name: {{ include "kappa.secretVolumeName" . }}
  secret:
    secretName: {{ . }}
{{- end }}
{{- if .tls }}
- name: tls
  secret:
    secretName: {{ include "kappa.tlsSecret" .root }}
{{- end }}
{{- end -}}

{{/* What the mode of security needs; instances alone may have what they know each other by. */}}
{{- define "kappa.securityVolume" -}}
{{- if ne .Values.security.mode "none" }}
- name: security
  projected:
    sources:
      - secret:
          name: {{ required "security.fleetSecret.name is needed with every security.mode but none" .Values.security.fleetSecret.name }}
          items:
            - key: {{ .Values.security.fleetSecret.key }}
              path: fleet-secret
      {{- if eq .Values.security.mode "tokens" }}
      - secret:
          name: {{ required "security.tokensSecret.name is needed with security.mode=tokens" .Values.security.tokensSecret.name }}
          items:
            - key: {{ .Values.security.tokensSecret.key }}
              path: tokens
      {{- else if eq .Values.security.mode "mtls" }}
      - secret:
          name: {{ required "security.certificatesSecret.name is needed with security.mode=mtls" .Values.security.certificatesSecret.name }}
          items:
            - key: {{ .Values.security.certificatesSecret.key }}
              path: certificates
      {{- end }}
{{- end }}
{{- end -}}

{{- define "kappa.secretMounts" -}}
{{- range .secrets }}
- name: {{ include "kappa.secretVolumeName" . }}
  mountPath: /etc/kappa/secrets/{{ . }}
  readOnly: true
{{- end }}
{{- if .tls }}
- name: tls
  mountPath: /etc/kappa/tls
  readOnly: true
{{- end }}
{{- end -}}

{{/*
The pod of a command, with a pool's environment and volumes:
(dict "root" $ "account" $name "image" $image "args" $list "env" $list "config" $configMap "secrets" $names "tls" $whether "token" $whether "pool" $pool)
*/}}
{{- define "kappa.commandPod" -}}
{{- $tokenSecret := .root.Values.replay.tokenSecret -}}
{{- $token := and .token $tokenSecret.name -}}
{{- $env := .env -}}
{{- if $token -}}
{{- $env = append $env (dict "name" "KAPPA_TOKEN_FILE" "value" (printf "/etc/kappa/token/%s" $tokenSecret.key)) -}}
{{- end -}}
{{- /* A command needs the trust stores of instances, but not their heap. */}}
{{- $javaOpts := regexReplaceAll "(^| +)-(Xm[nsx]|Xss|XX:[^ ]*(Heap|RAM|Memory))[^ ]*" .pool.javaOpts "" | trim -}}
{{- if $javaOpts -}}
{{- $env = append $env (dict "name" "KAPPA_JAVA_OPTS" "value" $javaOpts) -}}
{{- end -}}
{{- $env = concat $env .pool.extraEnv -}}
serviceAccountName: {{ .account }}
automountServiceAccountToken: false
enableServiceLinks: false
restartPolicy: Never
{{- with .root.Values.imagePullSecrets }}
imagePullSecrets:
  {{- toYaml . | nindent 2 }}
{{- end }}
securityContext:
  {{- toYaml .root.Values.podSecurityContext | nindent 2 }}
{{- with include "kappa.viewJars" . }}
initContainers:
  {{- . | nindent 2 }}
{{- end }}
containers:
  - name: kappa
    image: {{ .image }}
    imagePullPolicy: {{ .root.Values.image.pullPolicy }}
    args:
      {{- toYaml .args | nindent 6 }}
      - --config=/etc/kappa/kappa.properties
    {{- with $env }}
    env:
      {{- toYaml . | nindent 6 }}
    {{- end }}
    resources:
      requests: {cpu: 100m, memory: 512Mi}
      limits: {memory: 512Mi}
    securityContext:
      {{- toYaml .root.Values.securityContext | nindent 6 }}
    volumeMounts:
      - name: config
        mountPath: /etc/kappa/kappa.properties
        subPath: kappa.properties
        readOnly: true
      - name: tmp
        mountPath: /tmp
      {{- if $token }}
      - name: token
        mountPath: /etc/kappa/token
        readOnly: true
      {{- end }}
      {{- include "kappa.secretMounts" . | nindent 6 }}
      {{- include "kappa.viewJarsMount" . | nindent 6 }}
      {{- with .pool.extraVolumeMounts }}
      {{- toYaml . | nindent 6 }}
      {{- end }}
volumes:
  - name: config
    configMap:
      name: {{ .config }}
  - name: tmp
    emptyDir:
      sizeLimit: 256Mi
  {{- if $token }}
  - name: token
    secret:
      secretName: {{ $tokenSecret.name }}
  {{- end }}
  {{- include "kappa.secretVolumes" . | nindent 2 }}
  {{- include "kappa.viewJarsVolume" . | nindent 2 }}
  {{- with .pool.extraVolumes }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- end -}}

{{/* Host names by which clients reach the instances, separated by commas. */}}
{{- define "kappa.hosts" -}}
{{- $hosts := .Values.security.hosts -}}
{{- if .Values.ingress.enabled -}}
{{- range .Values.ingress.hosts }}{{ with .host }}{{ $hosts = append $hosts . }}{{ end }}{{ end -}}
{{- end -}}
{{- if .Values.gateway.enabled -}}
{{- $hosts = concat $hosts .Values.gateway.hostnames -}}
{{- end -}}
{{- $hosts | uniq | join "," -}}
{{- end -}}

{{/* The settings of a pool, as the file that --config takes: (dict "root" $ "settings" $pool.settings). */}}
{{- define "kappa.properties" -}}
{{- $settings := mergeOverwrite (deepCopy .root.Values.settings) (deepCopy .settings) -}}
{{- with .root -}}
bootstrap.servers={{ required "kafka.bootstrapServers is needed: the brokers, HOST:PORT[,HOST:PORT]" .Values.kafka.bootstrapServers }}
schema.registry.url={{ required "kafka.registry is needed: the schema registry, http(s)://HOST:PORT" .Values.kafka.registry }}
{{- range $key, $value := .Values.kafka.config }}
{{ $key }}={{ include "kappa.value" $value }}
{{- end }}
{{- with .Values.prefix }}
kappa.prefix={{ . }}
{{- end }}
kappa.security.mode={{ required "security.mode is needed: tokens, jwt or mtls; or none, with which every client that reaches an instance may do everything" .Values.security.mode }}
{{- with include "kappa.hosts" . }}
kappa.security.hosts={{ . }}
{{- end }}
{{- if ne .Values.security.mode "none" }}
kappa.security.fleet-secret-file=/etc/kappa/security/fleet-secret
{{- end }}
{{- if eq .Values.security.mode "tokens" }}
kappa.security.tokens-file=/etc/kappa/security/tokens
{{- else if eq .Values.security.mode "mtls" }}
kappa.security.certificates-file=/etc/kappa/security/certificates
{{- else if eq .Values.security.mode "jwt" }}
kappa.security.jwt.keys={{ required "security.jwt.keys is needed with security.mode=jwt" .Values.security.jwt.keys }}
kappa.security.jwt.issuer={{ required "security.jwt.issuer is needed with security.mode=jwt" .Values.security.jwt.issuer }}
kappa.security.jwt.audience={{ required "security.jwt.audience is needed with security.mode=jwt" .Values.security.jwt.audience }}
kappa.security.jwt.roles-claim={{ .Values.security.jwt.rolesClaim }}
kappa.security.jwt.roles-prefix={{ .Values.security.jwt.rolesPrefix }}
kappa.security.jwt.keys-outage={{ .Values.security.jwt.keysOutage }}
{{- end }}
{{- if and (has .Values.security.mode (list "tokens" "jwt")) (not .Values.tls.enabled) }}
{{- if not .Values.tls.terminated }}
{{- fail "security.mode=tokens and jwt need tls.enabled, or tokens cross the network as they are; set tls.terminated if something else encrypts all connections to the instances and between them" }}
{{- end }}
kappa.tls.terminated=true
{{- end }}
{{- if and (eq .Values.security.mode "mtls") (not .Values.tls.enabled) }}
{{- fail "security.mode=mtls needs tls.enabled" }}
{{- end }}
{{- if .Values.tls.enabled }}
kappa.tls.certificate-file=/etc/kappa/tls/tls.crt
kappa.tls.key-file=/etc/kappa/tls/tls.key
kappa.tls.ca-file=/etc/kappa/tls/ca.crt
{{- end }}
{{- range $key, $value := $settings }}
kappa.{{ $key }}={{ include "kappa.value" $value }}
{{- end }}
{{- range $view, $parameters := .Values.views }}
{{- range $name, $value := $parameters }}
kappa.views.{{ $view }}.{{ $name }}={{ include "kappa.value" $value }}
{{- end }}
{{- end }}
{{- end -}}
{{- end -}}
