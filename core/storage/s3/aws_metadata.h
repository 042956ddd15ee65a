// Keys from the machine: the credentials endpoints of containers (ECS, EKS) and of EC2 instances (IMDSv2).
//
// Purpose: temporary keys that nobody typed in. Thread-safety: as `fetch`; they may wait for it until the
// deadline. What an endpoint replies is bounded (64 KiB) and checked. Errors: those of `fetch`; kPermission
// where the endpoint refuses; messages never hold a key or a token.
// Source: AWS SDKs and Tools Reference Guide, "Container credential provider"; Amazon EC2 User Guide,
// "Use IMDSv2".
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>

#include "core/storage/http/http_loop.h"
#include "core/storage/s3/aws_config.h"
#include "core/storage/s3/sigv4.h"

namespace neurofs {

struct FoundKeys {
  AwsKeys keys;
  std::optional<std::chrono::system_clock::time_point> expires;
  std::string source;  // for messages: "the EC2 role neurofs-reader"
};

using AwsFetch = std::function<Result<HttpReply>(const HttpRequest&)>;
using AwsDeadline = std::chrono::steady_clock::time_point;

// Nothing where the environment names no endpoint of a container.
Result<std::optional<FoundKeys>> container_keys(const Environment& environment,
                                                const AwsFetch& fetch, AwsDeadline deadline);

// Nothing where AWS_EC2_METADATA_DISABLED is true, no endpoint answers, or the instance has no role. `on_instance`: keys
// came from there before, so that no answer is an error, which may pass.
Result<std::optional<FoundKeys>> instance_keys(const Environment& environment,
                                               const AwsFetch& fetch, AwsDeadline deadline,
                                               bool on_instance);

// Both reply so: {"AccessKeyId": ..., "SecretAccessKey": ..., "Token": ..., "Expiration": ...}.
Result<FoundKeys> parse_temporary_keys(Bytes json, std::string source);

}  // namespace neurofs
