# Sourced by the hook start: prints what php-fpm and nginx are to do, from its variables.

# As root they would change to a user of theirs, who may not read the application.
as_root=''
if [ "$(id -u)" -eq 0 ]; then as_root=yes; fi
# A path as a socket may have it, 107 bytes, however deep the folder is.
socket=/proc/self/cwd/php.sock

fpm_configuration() {
  cat <<END
[global]
error_log = /dev/null
log_level = warning
log_limit = 65536
; As long as the platform gives: it kills what is too late.
process_control_timeout = 1d
[application]
${as_root:+user = root
group = root}
listen = $socket
listen.mode = 0600
listen.backlog = 511
pm = ondemand
pm.max_children = $workers
pm.process_idle_timeout = 60s
clear_env = no
; Otherwise that of the user, where one is named.
env[HOME] = $HOME
catch_workers_output = yes
decorate_workers_output = no
security.limit_extensions = .php
php_admin_value[fastcgi.logging] = 0
php_admin_value[log_errors] = 1
php_admin_value[html_errors] = 0
php_admin_value[sys_temp_dir] = $run/tmp
php_admin_value[upload_tmp_dir] = $run/tmp
php_value[display_errors] = 0
php_value[memory_limit] = ${limit}M
php_value[post_max_size] = ${upload}M
php_value[upload_max_filesize] = ${upload}M
php_value[session.save_handler] = files
php_value[session.save_path] = $run/sessions
php_value[session.gc_probability] = 1
php_value[session.gc_divisor] = 1000
php_value[session.use_strict_mode] = 1
php_value[session.cookie_httponly] = 1
END
}

nginx_configuration() {
  local address=$host front='=404' private='' connections version
  # As many as this process may open files, since nginx warns of more.
  connections=$(ulimit -n)
  if [[ $connections == unlimited ]] || ((connections > 4096)); then connections=4096; fi
  version=${CARTWRIGHT_RELEASE:-$(date +%s)}
  if [[ $host == *:* ]]; then address="[$host]"; fi
  if [ -f "$root/index.php" ]; then front='/index.php$is_args$args'; fi
  # Where all of the tree is served, what is only there for PHP is not.
  if [ "$relative" = . ]; then
    private='location ~ ^/(vendor|node_modules)(/|$) { return 404; }
    location ~ ^/(composer|package|package-lock)\.(json|lock|phar)$ { return 404; }'
  fi
  cat <<END
daemon off;
${as_root:+user root root;}
worker_processes 1;
pid $run/nginx.pid;
error_log stderr warn;
events { worker_connections $connections; }
http {
  include /etc/nginx/mime.types;
  default_type application/octet-stream;
  access_log off;
  server_tokens off;
  sendfile on;
  tcp_nopush on;
  # Longer than any balancer keeps an idle connection, so that it is the balancer who closes it.
  keepalive_timeout 65s;
  keepalive_requests 100000;
  client_max_body_size ${upload}m;
  client_body_temp_path $run/tmp/body;
  fastcgi_temp_path $run/tmp/fastcgi;
  proxy_temp_path $run/tmp/proxy;
  scgi_temp_path $run/tmp/scgi;
  uwsgi_temp_path $run/tmp/uwsgi;
  # The load balancer names the client first, and after it proxies that are believed.
  map \$http_x_forwarded_for \$client {
    default \$remote_addr;
    "~^ *(?<first>[0-9a-fA-F.:]+)" \$first;
  }
  map \$http_x_forwarded_proto \$secure { default ''; https on; }
  map \$http_x_forwarded_proto \$protocol { default http; https https; }
  map \$protocol \$usual_port { default 80; https 443; }
  map \$http_host \$asked_port { default \$usual_port; "~:(?<after>[0-9]+)\$" \$after; }
  map "\$request_method:\$http_if_none_match" \$unchanged { default ''; '~^(GET|HEAD):(W/)?"$version"\$' yes; }
  server {
    listen $address:$port;
    root $root;
    index index.php index.html;
    # A redirection to a folder goes to where the client asked.
    absolute_redirect off;
    location ~ /\.(?!well-known(/|\$)) { return 404; }
    $private
    location / {
      # All files of an artifact bear the same time, so neither that nor nginx' tag of time and size tells that one has changed.
      if_modified_since off;
      etag off;
      add_header Last-Modified '';
      add_header ETag '"$version"';
      if (\$unchanged) { return 304; }
      try_files \$uri \$uri/ $front;
    }
    location ~ \.php(/|\$) {
      fastcgi_split_path_info ^(.+?\.php)(/.*)?\$;
      set \$path_info \$fastcgi_path_info;
      try_files \$fastcgi_script_name $front;
      fastcgi_pass unix:$socket;
      fastcgi_param SCRIPT_FILENAME \$document_root\$fastcgi_script_name;
      fastcgi_param SCRIPT_NAME \$fastcgi_script_name;
      fastcgi_param PATH_INFO \$path_info;
      fastcgi_param DOCUMENT_ROOT \$document_root;
      fastcgi_param DOCUMENT_URI \$document_uri;
      fastcgi_param REQUEST_URI \$request_uri;
      fastcgi_param REQUEST_METHOD \$request_method;
      fastcgi_param REQUEST_SCHEME \$protocol;
      fastcgi_param QUERY_STRING \$query_string;
      fastcgi_param CONTENT_TYPE \$content_type;
      fastcgi_param CONTENT_LENGTH \$content_length;
      fastcgi_param SERVER_PROTOCOL \$server_protocol;
      fastcgi_param SERVER_SOFTWARE nginx;
      fastcgi_param SERVER_NAME \$host;
      fastcgi_param SERVER_ADDR \$server_addr;
      fastcgi_param SERVER_PORT \$asked_port;
      fastcgi_param REMOTE_ADDR \$client;
      fastcgi_param HTTPS \$secure if_not_empty;
      fastcgi_param GATEWAY_INTERFACE CGI/1.1;
      fastcgi_param REDIRECT_STATUS 200;
      # A header of that name would become HTTP_PROXY, which libraries take for a setting.
      fastcgi_param HTTP_PROXY '';
      # The load balancer has limits of time of its own, and so has PHP.
      fastcgi_read_timeout 1d;
      fastcgi_send_timeout 1d;
      fastcgi_buffers 16 16k;
      fastcgi_buffer_size 16k;
    }
  }
}
END
}
