module github.com/corsac-dev/corsac/cmd/corsac/internal/stacks/schema

go 1.26.0

require (
	github.com/aws/aws-sdk-go-v2/service/apigatewayv2 v1.35.2
	github.com/aws/aws-sdk-go-v2/service/cloudfront v1.73.0
	github.com/aws/aws-sdk-go-v2/service/lambda v1.115.0
	github.com/aws/aws-sdk-go-v2/service/s3 v1.114.10
	github.com/corsac-dev/corsac v0.0.0
	github.com/corsac-dev/corsac/cmd/corsac v0.0.0
	github.com/envoyproxy/go-control-plane/envoy v1.40.0
	github.com/santhosh-tekuri/jsonschema/v6 v6.0.3
	google.golang.org/protobuf v1.36.12
	istio.io/api v1.31.4
	sigs.k8s.io/gateway-api v1.6.3
	sigs.k8s.io/yaml v1.6.0
)

require (
	cel.dev/expr v0.25.2 // indirect
	github.com/aws/smithy-go v1.28.9 // indirect
	github.com/bmatcuk/doublestar/v4 v4.10.4 // indirect
	github.com/cncf/xds/go v0.0.0-20260202195803-dba9d589def2 // indirect
	github.com/corsac-dev/corsac/internal/yamlread v0.0.0 // indirect
	github.com/corsac-dev/corsac/policyfile v0.0.0 // indirect
	github.com/envoyproxy/protoc-gen-validate v1.3.3 // indirect
	github.com/goccy/go-yaml v1.19.2 // indirect
	github.com/planetscale/vtprotobuf v0.6.1-0.20240319094008-0393e58bdf10 // indirect
	go.yaml.in/yaml/v2 v2.4.4 // indirect
	golang.org/x/net v0.62.0 // indirect
	golang.org/x/text v0.43.0 // indirect
	google.golang.org/genproto/googleapis/api v0.0.0-20260720211330-0afa2a65878a // indirect
	google.golang.org/genproto/googleapis/rpc v0.0.0-20260720211330-0afa2a65878a // indirect
)

replace (
	github.com/corsac-dev/corsac => ../../../../..
	github.com/corsac-dev/corsac/cmd/corsac => ../../../../../cmd/corsac
	github.com/corsac-dev/corsac/internal/yamlread => ../../../../../internal/yamlread
	github.com/corsac-dev/corsac/policyfile => ../../../../../policyfile
)
