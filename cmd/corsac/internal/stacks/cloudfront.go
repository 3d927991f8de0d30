package stacks

import (
	"github.com/corsac-dev/corsac/cmd/corsac/internal/finding"
	"github.com/corsac-dev/corsac/cors"
)

var _ = register(&Stack{
	Name: "cloudfront", Aliases: []string{"aws-cloudfront"}, Title: "CloudFront", Layer: Edge,
	Proof: Schema,
	Why:   "A response headers policy compares origins and replaces what the origin server sends (OriginOverride). It does not answer preflights: the behaviour must allow OPTIONS and the origin server answer it with 2xx.",
	Signs: []Sign{
		hasHeader(finding.Certain, "X-Amz-Cf-Id"), hasHeader(finding.Certain, "X-Amz-Cf-Pop"),
		headerContains(finding.Certain, "Via", "(CloudFront)"), headerContains(finding.Certain, "X-Cache", "from cloudfront"),
		header(finding.Certain, "Server", "CloudFront"), host(".cloudfront.net"),
	},
	Projects: []Project{{File: "*.y*ml", Contains: "AWS::CloudFront::Distribution", Sure: finding.Likely}, {File: "*.tf", Contains: `"aws_cloudfront_distribution"`, Sure: finding.Likely}},
	Source:   cloudfrontSource,
	Snippet:  cloudfrontSnippet,
	Advice: map[string]Advice{
		"origin-header-stripped":         {Text: "CloudFront does not forward Origin unless it is asked to. Give the behaviour the origin request policy CORS-S3Origin (for S3) or AllViewerExceptHostHeader, and Origin in its cache policy.", Code: cloudfrontForward},
		"conditional-cors-without-vary":  {Text: "Put Origin into the cache policy of the behaviour, or use a response headers policy, which runs after the cache."},
		"missing-vary-origin":            {Text: "Put Origin into the cache policy of the behaviour, or use a response headers policy, which runs after the cache."},
		"cached-response-without-cors":   {Text: "Put Origin into the cache policy of the behaviour, or use a response headers policy, which runs after the cache. Then invalidate the paths."},
		"cached-for-other-origin":        {Text: "Put Origin into the cache policy of the behaviour, or use a response headers policy, which runs after the cache. Then invalidate the paths."},
		"preflight-served-from-cache":    {Text: "The behaviour caches OPTIONS. Turn that off, or put Origin, Access-Control-Request-Method and Access-Control-Request-Headers into its cache policy; then invalidate the paths."},
		"preflight-not-routed":           {Text: "The behaviour must allow OPTIONS: choose GET, HEAD, OPTIONS, PUT, POST, PATCH, DELETE under Allowed HTTP methods. The origin must answer it, or a CloudFront Function."},
		"preflight-blocked-by-waf":       {Text: "AWS WAF refuses OPTIONS before the application sees it. Add a rule that allows the method OPTIONS before the rule that blocks; its sampled requests name that one.", Only: true},
		"preflight-redirect-https":       {Text: "Call the https URL: the viewer protocol policy redirects the other one, and browsers do not follow redirects of preflights.", Only: true},
		"duplicate-acao":                 {Text: "Set OriginOverride in the response headers policy, or let only the origin set the header."},
		"gateway-error-without-cors":     {Text: "CloudFront made this error page, because the origin did not answer: check its address, its certificate and its security group. A response headers policy is applied to errors, too."},
		"preflight-without-cors-headers": {Text: "A response headers policy is added to the answer of the origin. The origin must answer OPTIONS with a status from 200 to 299, or a CloudFront Function."},
	},
})

// items is a list in the form of CloudFront.
type items struct {
	Quantity int
	Items    []string
}

func itemsOf(list []string) *items {
	if len(list) == 0 {
		return nil
	}
	return &items{len(list), list}
}

func cloudfrontSnippet(p *cors.Policy) Snippet {
	d := planFor(p, "CloudFront", canSubdomains|canList|canCredentials|canExpose|canMaxAge)
	if len(d.methods) == 1 {
		d.methods = []string{"ALL"}
	}
	d.methods = d.keep(d.methods, func(name string) bool { return usualMethod(name) || name == "ALL" })
	if len(d.headers) == 0 {
		d.headers = []string{"Accept"} // the list must not be empty
	}
	type config struct {
		AccessControlAllowOrigins     *items
		AccessControlAllowMethods     *items
		AccessControlAllowHeaders     *items
		AccessControlExposeHeaders    *items `json:",omitempty"`
		AccessControlMaxAgeSec        *int   `json:",omitempty"`
		AccessControlAllowCredentials bool
		OriginOverride                bool
	}
	c := config{itemsOf(d.wildcards()), itemsOf(d.methods), itemsOf(d.headers), itemsOf(d.expose), d.seconds(), d.credentials, true}
	d.gap("adds the headers, but the origin must answer OPTIONS with a status from 200 to 299, and the behaviour must allow that method.")
	return Snippet{
		File:  "cors.json",
		Place: "then run: aws cloudfront create-response-headers-policy --response-headers-policy-config file://cors.json, and choose the policy in the behaviour",
		Code: jsonLines(struct {
			Name       string
			CorsConfig config
		}{"cors", c}),
		Shortfall: d.Shortfall,
	}
}

func cloudfrontForward(*cors.Policy) Snippet {
	return Snippet{
		File: "template.yaml", Place: "in the cache behaviour; the identifier is that of the managed policy CORS-S3Origin",
		Code: "OriginRequestPolicyId: 88a5eaf4-2fd4-4709-b370-b4c650ea3fcf",
	}
}
