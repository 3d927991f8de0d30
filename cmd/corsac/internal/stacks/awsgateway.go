package stacks

import (
	"strings"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/finding"
	"github.com/corsac-dev/corsac/cors"
)

var _ = register(&Stack{
	Name: "api-gateway-http", Aliases: []string{"api-gateway", "aws-http-api"}, Title: "API Gateway (HTTP API)", Layer: Proxy,
	Holds:    Preflights,
	Versions: "API Gateway v2",
	Proof:    Schema,
	Why:      "The setting of the API answers preflights itself and drops what the integration sends, so the function must not send CORS headers. It compares whole origins: wildcards of subdomains have to be listed.",
	Signs: []Sign{
		hasHeader(finding.Certain, "Apigw-Requestid"),
		trait(finding.Possible, "a host of execute-api", func(s *Seen) bool { return strings.Contains(s.URL, ".execute-api.") }),
	},
	Projects: []Project{
		{File: "template.y*ml", Contains: "AWS::Serverless::HttpApi"},
		{File: "serverless.y*ml", Contains: "httpApi"},
		{File: "*.tf", Contains: `"aws_apigatewayv2_api"`},
	},
	Source: httpAPISource,
	Snippet: func(p *cors.Policy) Snippet {
		s := awsCors(p, "API Gateway")
		s.Place = "then run: aws apigatewayv2 update-api --api-id ID --cors-configuration file://cors.json"
		s.Gaps = append(s.Gaps, httpGap)
		return s
	},
	Forms: []Form{{"openapi", httpOpenAPI}},
	Advice: map[string]Advice{
		"preflight-requires-auth":   {Text: "The `$default` or `ANY` route has an authorizer, which refuses preflights. Set the CORS configuration of the API, or add a route `OPTIONS /{proxy+}` without an authorizer."},
		"preflight-not-routed":      {Text: "Set the CORS configuration of the API: API Gateway then answers preflights itself, without a route for OPTIONS."},
		"auth-error-without-cors":   {Text: "Set the CORS configuration of the API: its headers are then sent with errors of the authorizer, too."},
		"no-cors-headers":           {Text: "Set the CORS configuration of the API. Once it is set, API Gateway ignores the CORS headers of the function."},
		"origin-not-allowed":        {Text: "Add the origin to AllowOrigins of the CORS configuration: whatever the function sends is ignored."},
		"rate-limited-without-cors": {Text: "The throttling of the stage refused the request: raise RateLimit and BurstLimit, or wait."},
	},
})

var _ = register(&Stack{
	Name: "api-gateway-rest", Aliases: []string{"aws-rest-api"}, Title: "API Gateway (REST API)", Layer: Proxy,
	Holds:    Errors,
	Versions: "SAM 2016-10-31",
	Why:      "A REST API sends constants, so one origin. The answers to errors that the gateway makes itself (DEFAULT_4XX and DEFAULT_5XX) need the headers as well, or a 401 or 504 looks like a CORS error. The function still sends the headers of its own answers.",
	Signs: []Sign{
		hasHeader(finding.Certain, "X-Amz-Apigw-Id"),
		body(finding.Certain, `{"message":"Missing Authentication Token"}`),
		headerContains(finding.Likely, "X-Amzn-ErrorType", "MissingAuthenticationTokenException"),
	},
	Projects: []Project{{File: "template.y*ml", Contains: "AWS::Serverless::Api"}, {File: "serverless.y*ml", Contains: "- http:"}, {File: "*.tf", Contains: `"aws_api_gateway_rest_api"`}},
	Source:   restSource,
	Snippet:  restSnippet,
	Forms:    []Form{{"openapi", restOpenAPI}},
	Advice: map[string]Advice{
		"preflight-not-routed":       {Text: "Missing Authentication Token means that the resource has no OPTIONS method, or that the stage was not deployed since it was added. Enable CORS on the resource, then deploy the API."},
		"preflight-requires-auth":    {Text: "The OPTIONS method must have no authorizer and no API key: in SAM, `AddDefaultAuthorizerToCorsPreflight: false`. Then deploy the API."},
		"auth-error-without-cors":    {Text: "The authorizer refused the request, and API Gateway made the answer. Add the headers to the gateway responses DEFAULT_4XX and DEFAULT_5XX, then deploy the API."},
		"server-error-without-cors":  {Text: "The function failed, timed out or returned no valid answer, and API Gateway made the 502 or 504: look at its log. Add the headers to the gateway responses DEFAULT_4XX and DEFAULT_5XX."},
		"gateway-error-without-cors": {Text: "The function failed, timed out or returned no valid answer, and API Gateway made the 502 or 504: look at its log. Add the headers to the gateway responses DEFAULT_4XX and DEFAULT_5XX."},
		"rate-limited-without-cors":  {Text: "A usage plan or the throttling refused the request. Add the headers to the gateway response DEFAULT_4XX, so that pages can read the 429."},
		"url-not-found":              {Text: "Missing Authentication Token means that there is no such resource and method: the path lacks the name of the stage, or is misspelled. Add the headers to the gateway response DEFAULT_4XX."},
		"cors-only-on-preflight":     {Text: "Enabling CORS adds the OPTIONS method only. With proxy integration, the function itself must return Access-Control-Allow-Origin in its headers."},
		"no-cors-headers":            {Text: "With proxy integration, the function itself must return Access-Control-Allow-Origin in its headers; enabling CORS only adds the OPTIONS method."},
	},
})

var _ = register(&Stack{
	Name: "lambda-url", Aliases: []string{"lambda-function-url"}, Title: "Lambda function URL", Layer: Proxy,
	Holds: Preflights,
	Proof: Schema,
	Why:   "The setting of the URL answers preflights and adds the headers; code that sends them as well doubles them. It compares whole origins: wildcards of subdomains have to be listed.",
	Signs: []Sign{host(".on.aws")},
	Projects: []Project{
		{File: "template.y*ml", Contains: "FunctionUrlConfig"}, {File: "serverless.y*ml", Contains: "url: true"}, {File: "*.tf", Contains: `"aws_lambda_function_url"`},
	},
	Source: lambdaSource,
	Snippet: func(p *cors.Policy) Snippet {
		s := awsCors(p, "Lambda")
		s.Place = "then run: aws lambda update-function-url-config --function-name NAME --cors file://cors.json"
		return s
	},
	Advice: map[string]Advice{
		"duplicate-acao":          {Text: "Both the function URL and the function set the header. Remove it in the function."},
		"preflight-requires-auth": {Text: "Preflights never carry credentials. With Cors set, the function URL answers them before AuthType AWS_IAM matters."},
		"no-cors-headers":         {Text: "Set Cors of the function URL, or return the headers from the function; not both."},
	},
})

// awsCors is the CORS configuration of HTTP APIs and of function URLs.
func awsCors(p *cors.Policy, title string) Snippet {
	d := planFor(p, title, canList|canCredentials|canExpose|canMaxAge)
	return Snippet{File: "cors.json", Shortfall: d.Shortfall, Code: jsonLines(struct {
		AllowOrigins     []string
		AllowMethods     []string
		AllowHeaders     []string `json:",omitempty"`
		ExposeHeaders    []string `json:",omitempty"`
		MaxAge           *int     `json:",omitempty"`
		AllowCredentials bool
	}{d.origins(), d.methods, d.headers, d.expose, d.seconds(), d.credentials})}
}

// httpGap is a gap of HTTP APIs.
const httpGap = "API Gateway drops the CORS headers of the integration, and answers preflights itself."

// httpOpenAPI returns the configuration of an HTTP API as part of its OpenAPI
// document.
func httpOpenAPI(p *cors.Policy) Snippet {
	d := planFor(p, "API Gateway", canList|canCredentials|canExpose|canMaxAge)
	var c code
	c.line("x-amazon-apigateway-cors:")
	c.yamlList("  ", "allowOrigins", d.origins())
	c.yamlList("  ", "allowMethods", d.methods)
	c.yamlList("  ", "allowHeaders", d.headers)
	c.yamlList("  ", "exposeHeaders", d.expose)
	c.when(d.maxAge != "", "  maxAge: %s", d.maxAge)
	c.when(d.credentials, "  allowCredentials: true")
	d.Gaps = append(d.Gaps, httpGap)
	return Snippet{File: "openapi.yaml", Place: "at the top level, beside paths", Code: c.lines(), Shortfall: d.Shortfall}
}

// restGap is a gap of REST APIs.
const restGap = "leaves the answers themselves to the function: with proxy integration, it must return the same headers."

// restPlan is what a REST API can do: constants between single quotes.
func restPlan(p *cors.Policy) (d *plan, value func(values ...string) string) {
	d = planFor(p, "API Gateway", canCredentials|canMaxAge)
	d.keepNames(func(name string) bool { return !strings.Contains(name, "'") })
	return d, func(values ...string) string { return inQuotes("'" + strings.Join(values, ",") + "'") }
}

// restOpenAPI returns the method OPTIONS of a resource and the errors of the
// gateway as parts of an OpenAPI document.
func restOpenAPI(p *cors.Policy) Snippet {
	d, value := restPlan(p)
	fields := []field{{"Access-Control-Allow-Origin", d.origins()[0], false}}
	if d.credentials {
		fields = append(fields, field{"Access-Control-Allow-Credentials", "true", false})
	}
	var c code
	c.line("x-amazon-apigateway-gateway-responses:")
	for _, kind := range []string{"DEFAULT_4XX", "DEFAULT_5XX"} {
		c.line("  %s:\n    responseParameters:", kind)
		for _, f := range fields {
			c.line("      gatewayresponse.header.%s: %s", f.name, value(f.value))
		}
	}
	fields = append(fields, d.answer()...)
	c.line("paths:\n  /{proxy+}:  # once for each of your paths\n    options:\n      responses:\n        '204':\n          description: a preflight\n          headers:")
	for _, f := range fields {
		c.line("            %s: {schema: {type: string}}", f.name)
	}
	c.line("      x-amazon-apigateway-integration:\n        type: mock\n        requestTemplates:\n          application/json: '{\"statusCode\": 204}'")
	c.line("        responses:\n          default:\n            statusCode: '204'\n            responseParameters:")
	for _, f := range fields {
		c.line("              method.response.header.%s: %s", f.name, value(strings.ReplaceAll(f.value, ", ", ",")))
	}
	d.gap(restGap)
	return Snippet{File: "openapi.yaml", Place: "merged with your paths; then deploy the API", Code: c.lines(), Shortfall: d.Shortfall}
}

func restSnippet(p *cors.Policy) Snippet {
	d, value := restPlan(p)
	var c code
	c.line("Globals:\n  Api:\n    Cors:")
	c.line("      AllowOrigin: %s", value(d.origins()[0]))
	c.line("      AllowMethods: %s", value(d.methods...))
	c.when(len(d.headers) > 0, "      AllowHeaders: %s", value(d.headers...))
	c.when(d.maxAge != "", "      MaxAge: %s", value(d.maxAge))
	c.when(d.credentials, "      AllowCredentials: true")
	c.line("    GatewayResponses:")
	for _, kind := range []string{"DEFAULT_4XX", "DEFAULT_5XX"} {
		c.line("      %s:\n        ResponseParameters:\n          Headers:", kind)
		c.line("            Access-Control-Allow-Origin: %s", value(d.origins()[0]))
		c.when(d.credentials, `            Access-Control-Allow-Credentials: "'true'"`)
	}
	d.gap(restGap)
	return Snippet{File: "template.yaml", Place: "in the SAM template; then deploy", Code: c.lines(), Shortfall: d.Shortfall}
}
