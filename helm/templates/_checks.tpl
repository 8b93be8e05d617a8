{{/* Combinations that cannot work, in words; what each value may be is in values.schema.json. */}}
{{- define "eip.checks" -}}
{{- $faults := list -}}
{{- if not .Values.clusterName -}}
{{- $faults = append $faults "clusterName is not set; addresses are tagged with it: --set clusterName=NAME" -}}
{{- end -}}
{{- if not .Values.region -}}
{{- $faults = append $faults "region is not set; it is never asked of the instance metadata: --set region=eu-central-1" -}}
{{- end -}}
{{- if not .Values.image.repository -}}
{{- $faults = append $faults "image.repository is not set, and only the chart of a release names an image; build one, push it, and name it: --set image.repository=REGISTRY/k8s-eip-operator" -}}
{{- end -}}
{{- if .Values.namespaced -}}
{{- if not .Values.namespaces -}}
{{- $faults = append $faults "namespaced is true but namespaces is empty, so that no pod would be served; name the namespaces" -}}
{{- end -}}
{{- if .Values.nodes.enabled -}}
{{- $faults = append $faults "nodes.enabled and namespaced are both true; nodes are in no namespace, and a Role gives no rights on them" -}}
{{- end -}}
{{- if not .Values.vpcId -}}
{{- $faults = append $faults "namespaced is true but vpcId is not set; without rights on nodes, instances are looked for in that VPC" -}}
{{- end -}}
{{- if not .Values.clusterUid -}}
{{- $faults = append $faults "namespaced is true but clusterUid is not set, and the namespace kube-system cannot be read then; take the output of: kubectl get namespace kube-system -o jsonpath='{.metadata.uid}'" -}}
{{- end -}}
{{- end -}}
{{- $external := .Values.externalRedis -}}
{{- $given := or $external.host $external.urlKey -}}
{{- if and .Values.redis.enabled $given -}}
{{- $faults = append $faults "externalRedis is set and redis.enabled is true, so that there would be two; set redis.enabled=false" -}}
{{- end -}}
{{- if not (or .Values.redis.enabled $given) -}}
{{- $faults = append $faults "redis.enabled is false and neither externalRedis.host nor externalRedis.urlKey is set, so that there is none; set one of them" -}}
{{- end -}}
{{- if and $external.urlKey (not $external.existingSecret) -}}
{{- $faults = append $faults "externalRedis.urlKey is set but externalRedis.existingSecret is not; name the Secret that holds it" -}}
{{- end -}}
{{- if and $external.tls.caSecret (not $external.tls.enabled) -}}
{{- $faults = append $faults "externalRedis.tls.caSecret is set but externalRedis.tls.enabled is false, so that nothing would be encrypted; set it to true" -}}
{{- end -}}
{{- with .Values.flower -}}
{{- if and .enabled .oauth.enabled -}}
{{- range $name := list "authRegex" "redirectUri" "existingSecret" -}}
{{- if not (index $.Values.flower.oauth $name) -}}
{{- $faults = append $faults (printf "flower.oauth.enabled is true but flower.oauth.%s is not set" $name) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- if and .ingress.enabled (not .ingress.host) -}}
{{- $faults = append $faults "flower.ingress.enabled is true but flower.ingress.host is not set" -}}
{{- end -}}
{{- if and .httpRoute.enabled (not .httpRoute.parentRefs) -}}
{{- $faults = append $faults "flower.httpRoute.enabled is true but flower.httpRoute.parentRefs names no Gateway" -}}
{{- end -}}
{{- end -}}
{{- if and .Values.admissionPolicy.enabled (semverCompare "<1.30.0-0" .Capabilities.KubeVersion.Version) -}}
{{- $faults = append $faults (printf "admissionPolicy.enabled is true, which needs Kubernetes 1.30; this is %s" .Capabilities.KubeVersion.Version) -}}
{{- end -}}
{{- with .Values.keda -}}
{{- if and .enabled (not .prometheusUrl) -}}
{{- $faults = append $faults "keda.enabled is true but keda.prometheusUrl is not set, so that nothing would say how busy workers are; set it, as in http://prometheus-operated.monitoring:9090" -}}
{{- end -}}
{{- if and .enabled (gt (int .minReplicas) (int .maxReplicas)) -}}
{{- $faults = append $faults (printf "keda.minReplicas is %v and maxReplicas %v; set the first to no more than the second" .minReplicas .maxReplicas) -}}
{{- end -}}
{{- end -}}
{{- if $faults -}}
{{- fail (printf "\n\nthe values cannot be used:\n  %s\n" (join "\n  " $faults)) -}}
{{- end -}}
{{- end -}}
