#include "mount-tools/remote_args.h"

#include <CLI/CLI.hpp>
#include <string>

namespace neurofs::tools {

void add_remote_args(CLI::App& command, RemoteOptions& o, StoreUse use) {
  const std::string before = command.option_defaults()->get_group();
  command.option_defaults()->group(std::string(kRemoteGroup));
  command
      .add_option_function<double>(
          "--deadline",
          [&o](double seconds) {
            o.deadline = std::chrono::milliseconds(static_cast<int64_t>(seconds * 1000));
          },
          "Seconds within which a read is answered, by an error if need be (60)")
      ->check(CLI::Range(0.001, 1e6));
  command.add_option("--connections", o.in_flight, "Requests to a remote store at once")
      ->capture_default_str()
      ->check(CLI::Range(1, 4096));
  command.add_option("--retries", o.retries, "Attempts after the first, within the deadline")
      ->capture_default_str()
      ->check(CLI::Range(0, 1000));
  command.add_flag("--hedge", o.hedge, "Ask twice for what takes longer than nearly all others");
  command.add_option("--ca-file", o.ca_file, "PEM file of trusted roots (default: the system's)");
  command.add_option("--auth-file", o.auth_file,
                     "File with user:password, or with bearer and a token, for HTTP");
  command.add_option("--redirects", o.redirects, "HTTP redirects that are followed at most")
      ->capture_default_str()
      ->check(CLI::Range(0, 20));
  command.add_option("--endpoint", o.endpoint, "URL of an S3 server (default: AWS)");
  command.add_option("--region", o.region, "S3 region (default: as the AWS tools find it)");
  command.add_option("--profile", o.profile, "Profile of ~/.aws/config and credentials");
  command.add_flag("--anonymous", o.anonymous, "Sign no S3 requests");
  command.add_flag("--path-style", o.path_style, "The bucket in the path of S3 URLs");
  command.add_flag_function(
      "--missing-403-fill",
      [&o, use](int64_t) {
        if (use == StoreUse::kWrites) {
          throw CLI::ValidationError(
              "--missing-403-fill",
              "is for commands that only read: data that is refused would be "
              "written over as if it had never been stored");
        }
        o.missing_403 = true;
      },
      "Take 403 of a chunk for a chunk that is not stored (no ListBucket permission); not for "
      "commands that write");
  command.add_option("--ceph-conf", o.ceph_conf, "Ceph's configuration for rados://");
  command.add_option("--rados-user", o.rados_user, "Ceph user, such as client.admin");
  command.option_defaults()->group(before);
}

}  // namespace neurofs::tools
