//! Which names on Docker Hub are Docker's own "official images", and what is known of all of them.
//!
//! A name without an owner (`nginx`) belongs to `library/`, and only Docker publishes there: a name that is not in this list
//! can be pulled by nobody.

use crate::dockerfile::image_ref::ImageRef;

/// The official images, those that are no longer built included (their tags can still be pulled). Names as in the
/// `library/` folder of docker-library/official-images over the years, written down 2026-11-22.
const OFFICIAL: &[&str] = &[
    "adminer", "aerospike", "almalinux", "alpine", "alt", "amazoncorretto", "amazonlinux", "api-firewall", "arangodb",
    "archlinux", "backdrop", "bash", "bonita", "buildpack-deps", "busybox", "caddy", "cassandra", "celery", "centos",
    "chronograf", "cirros", "clearlinux", "clefos", "clickhouse", "clojure", "composer", "consul", "convertigo",
    "couchbase", "couchdb", "crate", "crux", "dart", "debian", "django", "docker", "docker-dev", "drupal",
    "eclipse-mosquitto", "eclipse-temurin", "eggdrop", "elasticsearch", "elixir", "emqx", "erlang", "euleros",
    "express-gateway", "fedora", "flink", "fluentd", "friendica", "fsharp", "gazebo", "gcc", "geonetwork", "ghost",
    "glassfish", "golang", "gradle", "groovy", "haproxy", "haskell", "haxe", "hello-seattle", "hello-world", "hipache",
    "hitch", "hola-mundo", "httpd", "hylang", "ibm-semeru-runtimes", "ibmjava", "influxdb", "iojs", "irssi", "java",
    "jenkins", "jetty", "jobber", "joomla", "jruby", "julia", "kaazing-gateway", "kapacitor", "kibana", "known", "kong",
    "krakend", "leanote", "lightstreamer", "liquibase", "logstash", "mageia", "mariadb", "matomo", "maven", "mediawiki",
    "memcached", "mongo", "mongo-express", "monica", "mono", "mysql", "nats", "nats-streaming", "neo4j", "neurodebian",
    "nextcloud", "nginx", "node", "notary", "nuxeo", "nuxeo-platform", "odoo", "open-liberty", "openjdk", "opensuse",
    "oraclelinux", "orientdb", "owncloud", "percona", "perl", "photon", "php", "php-zendserver", "phpmyadmin", "piwik",
    "plone", "postfixadmin", "postgres", "postgresql", "pypy", "python", "r-base", "rabbitmq", "rails", "rakudo-star",
    "rapidoid", "redis", "redmine", "registry", "rethinkdb", "riak", "rocket.chat", "rockylinux", "ros", "ruby", "rust",
    "sapmachine", "satosa", "scala", "scratch", "sentry", "silverpeas", "sl", "solr", "sonarqube", "sourcemage",
    "spark", "spiped", "storm", "swarm", "swift", "swipl", "teamspeak", "telegraf", "thrift", "tomcat", "tomee",
    "traefik", "ubuntu", "ubuntu-debootstrap", "ubuntu-upstart", "unit", "valkey", "varnish", "vault", "websphere-liberty",
    "wordpress", "xwiki", "yourls", "znc", "zookeeper", "zulip",
];

/// Whether this is an official image.
pub fn is_official(image: &ImageRef<'_>) -> bool {
    image.on_docker_hub() && OFFICIAL.binary_search(&image.familiar().as_str()).is_ok()
}

/// Whether the image surely declares no `HEALTHCHECK`: Docker's official images do not, by policy
/// (<https://github.com/docker-library/faq#healthcheck>, read 2026-11-22). Left out are those whose own maintainers build
/// them in ways that the policy's authors do not review line by line.
pub fn declares_no_healthcheck(image: &ImageRef<'_>) -> bool {
    const SURE: &[&str] = &[
        "adminer", "almalinux", "alpine", "amazoncorretto", "amazonlinux", "archlinux", "bash", "buildpack-deps",
        "busybox", "caddy", "cassandra", "centos", "clojure", "composer", "consul", "couchdb", "dart", "debian", "docker",
        "drupal", "eclipse-mosquitto", "eclipse-temurin", "elixir", "erlang", "fedora", "gcc", "ghost", "golang", "gradle",
        "groovy", "haproxy", "haskell", "httpd", "influxdb", "java", "jetty", "joomla", "jruby", "julia", "mariadb",
        "maven", "mediawiki", "memcached", "mongo", "mysql", "nats", "neo4j", "nextcloud", "nginx", "node", "openjdk",
        "oraclelinux", "percona", "perl", "php", "postgres", "pypy", "python", "r-base", "rabbitmq", "redis", "redmine",
        "registry", "rockylinux", "ruby", "rust", "solr", "swift", "telegraf", "tomcat", "traefik", "ubuntu", "valkey",
        "vault", "wordpress", "zookeeper",
    ];
    image.on_docker_hub() && SURE.binary_search(&image.familiar().as_str()).is_ok()
}

/// Whether the image surely declares no `EXPOSE`: distributions and languages, which run no server of their own.
pub fn exposes_nothing(image: &ImageRef<'_>) -> bool {
    const SURE: &[&str] = &[
        "almalinux", "alpine", "amazoncorretto", "amazonlinux", "archlinux", "bash", "buildpack-deps", "busybox", "centos",
        "clojure", "dart", "debian", "eclipse-temurin", "elixir", "fedora", "gcc", "golang", "gradle", "groovy", "haskell",
        "java", "jruby", "julia", "maven", "node", "openjdk", "oraclelinux", "perl", "pypy", "python", "r-base",
        "rockylinux", "ruby", "rust", "swift", "ubuntu",
    ];
    // An ONBUILD variant does whatever its parent's triggers say.
    let plain = image.tag.is_none_or(|t| !t.contains("onbuild"));
    plain && image.on_docker_hub() && SURE.binary_search(&image.familiar().as_str()).is_ok()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        assert!(OFFICIAL.windows(2).all(|w| w[0] < w[1]));
        let official = |name: &str| is_official(&ImageRef::parse(name).unwrap());
        assert!(official("nginx:1.27") && official("docker.io/library/redis") && official("library/mysql"));
        assert!(!official("acme/nginx") && !official("ghcr.io/nginx") && !official("my-web"));
    }

    #[test]
    fn what_is_said_of_images_is_said_of_official_ones() {
        for name in ["postgres:16", "python:3.12-slim"] {
            assert!(declares_no_healthcheck(&ImageRef::parse(name).unwrap()), "{name}");
        }
        assert!(!declares_no_healthcheck(&ImageRef::parse("plone").unwrap()));
        assert!(exposes_nothing(&ImageRef::parse("golang:1.24").unwrap()));
        assert!(!exposes_nothing(&ImageRef::parse("tomcat:10").unwrap()));
    }
}
