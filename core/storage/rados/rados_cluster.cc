#include "core/storage/rados/rados_cluster.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <system_error>
#include <utility>

#include "core/storage/rados/rados_errors.h"

namespace neurofs {
namespace {

constexpr const char* kSystemConf = "/etc/ceph/ceph.conf";

std::string conf_path(const RemoteOptions& options) {
  if (!options.ceph_conf.empty()) return options.ceph_conf;
  const char* const given = std::getenv("CEPH_CONF");
  return given != nullptr && *given != '\0' ? given : kSystemConf;
}

std::string full_user(const std::string& user) {
  if (user.empty()) return "client.admin";
  return user.starts_with("client.") ? user : "client." + user;
}

// Whole seconds, as librados takes them, and never 0, which would be "for ever".
std::string seconds(std::chrono::milliseconds time) {
  return std::to_string(
      std::max<int64_t>(1, std::chrono::ceil<std::chrono::seconds>(time).count()));
}

// A part of a time, in seconds; not so small that a client would be busy with it.
std::string fraction(std::chrono::milliseconds time, int part) {
  return std::to_string(std::max(0.1, std::chrono::duration<double>(time).count() / part));
}

// librados says ENOENT or EINVAL where a keyring has no key for the user.
Status connect_error(int error, const std::string& doing, const std::string& user) {
  if (error == -ENOENT || error == -EINVAL) {
    return {Code::kPermission,
            doing + ": no usable key for " + user +
                " (a keyring that ceph.conf names must hold one; `ceph auth get " + user +
                "` prints it)"};
  }
  return rados_error(error, doing);
}

}  // namespace

Result<std::unique_ptr<RadosCluster>> RadosCluster::connect(const std::string& pool,
                                                            const std::string& url,
                                                            const RemoteOptions& options) {
  NF_ASSIGN(const RadosLibrary* library, RadosLibrary::load());
  std::unique_ptr<RadosCluster> cluster(new RadosCluster(*library));
  const std::string context = "opening " + url;
  if (const Status done = cluster->configure(options); !done.ok())
    return done.with_context(context);
  if (const Status done = cluster->start(pool, options); !done.ok())
    return done.with_context(context);
  return cluster;
}

Status RadosCluster::configure(const RemoteOptions& options) {
  conf_ = conf_path(options);
  user_ = full_user(options.rados_user);
  if (::access(conf_.c_str(), R_OK) != 0) {
    const int error = errno;
    return {error == EACCES ? Code::kPermission : Code::kNotFound,
            "reading " + conf_ + ": " + std::generic_category().message(error) +
                " (say where the cluster's ceph.conf is by --ceph-conf or CEPH_CONF)"};
  }
  int error = library_.create2(&cluster_, "ceph", user_.c_str(), 0);
  if (error < 0) return rados_error(error, "making a client of Ceph for " + user_);
  error = library_.conf_read_file(cluster_, conf_.c_str());
  if (error < 0) return rados_error(error, "reading " + conf_);
  library_.conf_parse_env(cluster_, nullptr);
  const auto patience = std::min(options.stall, options.deadline);
  const std::pair<const char*, std::string> settings[] = {
      {"rados_osd_op_timeout", seconds(options.stall)},
      {"rados_mon_op_timeout", seconds(options.stall)},
      {"client_mount_timeout", seconds(options.connect_timeout)},
      // A client asks where an OSD is now only for operations that are older than the first of these, when
      // the second comes around. Unless operations live longer than that, it never learns that an OSD has
      // been started again at another address.
      {"objecter_timeout", fraction(patience, 2)},
      {"objecter_tick_interval", fraction(patience, 5)},
      // What goes wrong is in our messages; the terminal is not librados' to write to.
      {"log_to_stderr", "false"},
      {"err_to_stderr", "false"},
  };
  for (const auto& [name, value] : settings) {
    error = library_.conf_set(cluster_, name, value.c_str());
    if (error < 0) return rados_error(error, std::string("setting ") + name + " to " + value);
  }
  return {};
}

Status RadosCluster::start(const std::string& pool, const RemoteOptions& options) {
  int error = library_.connect(cluster_);
  if (error < 0) {
    return connect_error(error, "connecting to the cluster of " + conf_ + " as " + user_, user_);
  }
  error = library_.ioctx_create(cluster_, pool.c_str(), &pool_);
  if (error == -ENOENT) {
    return not_found("the cluster of " + conf_ + " has no pool '" + pool +
                     "'; `ceph osd pool ls` names those it has");
  }
  if (error < 0) return rados_error(error, "opening the pool '" + pool + "'");
  library_.ioctx_set_namespace(pool_, options.rados_namespace.c_str());
  std::array<char, 64> fsid{};
  error = library_.cluster_fsid(cluster_, fsid.data(), fsid.size());
  if (error < 0) return rados_error(error, "asking the cluster of " + conf_ + " for its id");
  place_ = std::string(fsid.data()) + " " + std::to_string(library_.ioctx_get_id(pool_)) + " " +
           options.rados_namespace;
  return {};
}

RadosCluster::~RadosCluster() {
  if (pool_ != nullptr) library_.ioctx_destroy(pool_);
  if (cluster_ != nullptr) library_.shutdown(cluster_);
}

bool RadosCluster::has_pool() const {
  // Looks into the map of the cluster that the client holds, and asks nobody.
  int unused = 0;
  return library_.ioctx_pool_requires_alignment2(pool_, &unused) != -ENOENT;
}

}  // namespace neurofs
