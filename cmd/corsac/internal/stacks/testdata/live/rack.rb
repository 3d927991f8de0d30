require 'rack'
require 'rack/cors'
require 'rack/handler/webrick'

app = Rack::Builder.new do
SNIPPET
  run lambda { |env|
    status = { '/x' => 200, '/401' => 401, '/500' => 500 }.fetch(env['PATH_INFO'], 404)
    [status, { 'Content-Type' => 'text/plain', 'X-Total-Count' => '3' }, []]
  }
end
Rack::Handler::WEBrick.run(app.to_app, Host: '127.0.0.1', Port: PORT, AccessLog: [], Logger: WEBrick::Log.new(File::NULL))
