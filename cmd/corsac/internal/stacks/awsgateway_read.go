package stacks

import (
	"path"
	"strings"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/finding"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/source"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/syntax/conftree"
)

// awsFiles are the names of files that may have the settings of gateways and
// functions of AWS.
var awsFiles = []string{"*.yaml", "*.yml", "*.json", "*.tf"}

// awsMarkers are in every file that has such settings.
var awsMarkers = []string{"AllowOrigin", "AllowedOrigins", "allow_origins", "httpApi", "CorsConfiguration"}

var (
	httpAPISource = &Source{
		Files: awsFiles,
		Rules: []*Rule{httpAPICommon.reflects, httpAPICommon.wildcard, httpAPICommon.wildcardNames, httpAPICommon.null, httpAPICommon.never, httpAPICommon.literal},
		Read: func(t *source.Tree) []*Site {
			return readConf(t, awsFiles, awsMarkers, httpAPICommon, func(f *confFile, at *conftree.At) {
				if title := httpAPITitle(f.file, at); title != "" {
					f.awsCors(title, at)
				}
			})
		},
	}
	lambdaSource = &Source{
		Files: lambdaFiles,
		Rules: []*Rule{lambdaCommon.reflects, lambdaCommon.wildcard, lambdaCommon.wildcardNames, lambdaCommon.null, lambdaCommon.never, lambdaCommon.literal},
		Read: func(t *source.Tree) []*Site {
			files := append(t.Names(lambdaFiles...), t.Names("*.yaml", "*.yml", "*.tf")...)
			return readConf(t, awsFiles, awsMarkers, lambdaCommon, func(f *confFile, at *conftree.At) {
				if isLambdaCors(f.file, at, files) {
					f.awsCors("function URL", at)
				}
			})
		},
	}
	httpAPICommon = commonRulesOf("api-gateway-http", "API Gateway")
	lambdaCommon  = commonRulesOf("lambda-url", "Lambda")
	// lambdaFiles are files with nothing but the settings of a function URL.
	lambdaFiles = []string{"*lambda*.json"}
)

// awsKeys are the settings of HTTP APIs and function URLs, as AWS and the
// Serverless Framework have them.
var awsKeys = bucketKeys{
	origins: []string{"alloworigins", "allowedorigins"},
	methods: []string{"allowmethods", "allowedmethods"},
	headers: []string{"allowheaders", "allowedheaders"},
	expose:  []string{"exposeheaders", "exposedresponseheaders", "exposedheaders"},
	maxAge:  []string{"maxage"},
}

// hasAWSCors reports whether a map has origins as AWS writes them.
func hasAWSCors(at *conftree.At) bool { return key(at.Node, awsKeys.origins...) != nil }

// httpAPITitle says what a node configures, if it is an HTTP API.
func httpAPITitle(f *source.File, at *conftree.At) string {
	on := at.Text() == "true"
	switch {
	case at.Key == "x-amazon-apigateway-cors" && at.Is(conftree.Map):
		return "x-amazon-apigateway-cors"
	case (at.Key == "CorsConfiguration" || at.Key == "cors_configuration") && (on || hasAWSCors(at)):
		return at.Key
	case at.Key == "cors" && at.Parent().Key == "httpApi" && (on || hasAWSCors(at)):
		return "httpApi.cors"
	case at.Up == nil && at.Get("AllowOrigins") != nil && !strings.Contains(strings.ToLower(path.Base(f.Name)), "lambda"):
		return "CORS configuration"
	}
	return ""
}

// isLambdaCors reports whether a node configures a function URL. files are those
// that may.
func isLambdaCors(f *source.File, at *conftree.At, files []string) bool {
	if !hasAWSCors(at) {
		return false
	}
	if at.Up == nil {
		for _, name := range files {
			if name == f.Name {
				return strings.HasSuffix(f.Name, ".json") || at.Get("AllowOrigins") != nil
			}
		}
		return false
	}
	switch at.Key {
	case "Cors":
		return at.Parent().Key == "FunctionUrlConfig" || at.Parent().Parent().Get("Type").Text() == "AWS::Lambda::Url"
	case "cors":
		return at.Parent().Key == "url" || at.Inside("aws_lambda_function_url")
	}
	return false
}

// awsCors reads the configuration of an HTTP API or a function URL.
func (f *confFile) awsCors(title string, at *conftree.At) {
	s := f.site(title, at.Node)
	if at.Text() == "true" {
		s.remark(Dynamic, "", "With true, every origin is allowed; which methods and headers are depends on the version of the tool.", at.Span)
		s.entry("allow_origins", "*", at.Span)
		s.finish()
		return
	}
	s.allowCredentials(key(at.Node, "allowcredentials"))
	for _, p := range s.partsOf("allow_origins", key(at.Node, awsKeys.origins...), "") {
		s.awsOrigin(p)
	}
	s.names("allow_methods", key(at.Node, awsKeys.methods...), "")
	s.names("allow_headers", key(at.Node, awsKeys.headers...), "")
	s.names("expose_headers", key(at.Node, awsKeys.expose...), "")
	s.maxAge(key(at.Node, awsKeys.maxAge...))
	s.finish()
}

// awsOrigin is about an origin, or * after a scheme for all of its origins.
func (s *confSite) awsOrigin(p part) {
	switch scheme, ok := strings.CutSuffix(p.text, "://*"); {
	case p.text == "*":
		s.anyRefused(p.at)
	case ok && s.commonRules == httpAPICommon && s.credentials:
		s.fault(s.reflects, p.at, "")
		s.remark(Lost, "allow_origins", "Every origin of "+scheme+" is allowed with credentials. No policy says that: list the origins.", p.at)
	case ok && s.commonRules == httpAPICommon:
		s.entry("dangerously_allow_origin_regexps", scheme+"://.+", p.at)
	default:
		s.exact(p)
	}
}

var restSource = &Source{
	Files: awsFiles,
	Rules: []*Rule{restCommon.wildcard, restCommon.wildcardNames, restCommon.null, restQuotes, restErrors, restCommon.never, restCommon.literal},
	Read: func(t *source.Tree) []*Site {
		return readConf(t, awsFiles, []string{"AllowOrigin", "Access-Control-Allow-Origin", "AWS::Serverless::Api"}, restCommon, func(f *confFile, at *conftree.At) {
			switch {
			case at.Key == "Cors" && (at.Parent().Key == "Api" || at.Parent().Parent().Get("Type").Text() == "AWS::Serverless::Api"):
				f.restCors(at)
			case at.Key == "responseParameters" && at.Get(restHeader+"Access-Control-Allow-Origin") != nil:
				f.restParameters(at)
			}
		})
	},
}

var restRule = ruleMaker("api-gateway-rest").rule

var (
	restCommon = commonRulesOf("api-gateway-rest", "API Gateway")
	restQuotes = restRule("quotes", finding.Error, "no-cors-headers",
		"The value needs single quotes within the text",
		"API Gateway takes a text without them for a mapping from the request, which has nothing there.",
		`Write "'https://app.example.com'".`)
	restErrors = restRule("errors-without-headers", finding.Warning, "auth-error-without-cors",
		"Errors of the gateway have no CORS headers",
		"Without gateway responses for DEFAULT_4XX and DEFAULT_5XX, a 401, 403 or 504 of the gateway looks like a CORS error.",
		"Add GatewayResponses with Access-Control-Allow-Origin for DEFAULT_4XX and DEFAULT_5XX.")
)

// restHeader is what the names of headers begin with in a response of OpenAPI.
const restHeader = "method.response.header."

// restCors reads Cors of SAM: a text for the origin, or a map.
func (f *confFile) restCors(at *conftree.At) {
	s := f.site("Cors", at.Node)
	origin := at.Node
	if at.Is(conftree.Map) {
		s.allowCredentials(at.Get("AllowCredentials"))
		origin = at.Get("AllowOrigin")
	}
	s.restValues(origin, at.Get("AllowMethods"), at.Get("AllowHeaders"), nil, at.Get("MaxAge"))
	if at.Parent().Get("GatewayResponses") == nil {
		s.fault(restErrors, at.Span, "")
	}
	s.finish()
}

// restParameters reads the headers of a response of OpenAPI.
func (f *confFile) restParameters(at *conftree.At) {
	s := f.site("responseParameters", at.Node)
	header := func(name string) *conftree.Node { return at.Fold(restHeader + "Access-Control-" + name) }
	for _, p := range s.unquoted("allow_credentials", header("Allow-Credentials")) {
		if s.credentials = p.text == "true"; s.credentials {
			s.entry("allow_credentials", "true", p.at)
		}
	}
	s.restValues(header("Allow-Origin"), header("Allow-Methods"), header("Allow-Headers"), header("Expose-Headers"), header("Max-Age"))
	for root := at.Up; root != nil; root = root.Up {
		if root.Up == nil && root.Get("x-amazon-apigateway-gateway-responses") == nil {
			s.fault(restErrors, at.Span, "")
		}
	}
	s.finish()
}

func (s *confSite) restValues(origin, methods, headers, expose, age *conftree.Node) {
	for _, p := range s.unquoted("allow_origins", origin) {
		if p.text == "*" {
			s.anyRefused(p.at)
		} else {
			s.exact(p)
		}
	}
	for _, list := range []struct {
		field string
		node  *conftree.Node
	}{{"allow_methods", methods}, {"allow_headers", headers}, {"expose_headers", expose}} {
		for _, p := range s.unquoted(list.field, list.node) {
			for _, name := range split(p.node, ",") {
				s.name(list.field, name)
			}
		}
	}
	for _, p := range s.unquoted("max_age", age) {
		s.maxAge(p.node)
	}
}

// unquoted returns a value without the single quotes that constants of REST APIs
// have; its node is without them, too.
func (s *confSite) unquoted(field string, n *conftree.Node) (parts []part) {
	for _, p := range s.partsOf(field, n, "") {
		if len(p.text) < 2 || !strings.HasPrefix(p.text, "'") || !strings.HasSuffix(p.text, "'") {
			s.fault(restQuotes, p.at, "")
			s.remark(Lost, field, "It is not a constant: those have single quotes.", p.at)
			continue
		}
		inner := p.node.Slice(strings.IndexByte(p.node.Value, '\'')+1, strings.LastIndexByte(p.node.Value, '\''))
		parts = append(parts, part{text: inner.Value, at: inner.Span, node: inner, literal: p.literal})
	}
	return parts
}
