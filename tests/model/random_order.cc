#include "tests/model/random_order.h"
#include "tests/geometry/taken_order.h"

#include <cstring>

namespace neurofs::model {

std::string random_shuffle(Random& random) {
  std::string name = "shuffle=" + std::to_string(random.between(0, 1'000'000));
  if (random.chance(0.6)) name += ",block=" + std::to_string(random.between(1, 12));
  if (name.find("block") != std::string::npos && random.chance(0.7)) {
    name += ",buffer=" + std::to_string(random.between(1, 6));
  }
  if (random.chance(0.3)) {
    const int64_t world = random.between(1, 5);
    name +=
        ",rank=" + std::to_string(random.between(0, world - 1)) + ",world=" + std::to_string(world);
  }
  return name;
}

std::shared_ptr<const NeuronOrder> random_order(Random& random, Index neurons) {
  if (neurons == 0 || random.chance(0.7)) {
    return shuffled_order(parse_order_name(random_shuffle(random)).value(), neurons);
  }
  std::vector<Index> table;
  for (int64_t rows = random.between(0, 40); rows > 0; --rows) {
    table.push_back(random.between(0, neurons - 1));
  }
  return test::taken_order(parse_order_name("take=some").value(), std::move(table), neurons)
      .value();
}

DenseField in_order(const DenseField& dense, size_t neuron_axes, const NeuronOrder& order) {
  const Dims features(dense.shape().begin() + static_cast<std::ptrdiff_t>(neuron_axes),
                      dense.shape().end());
  Dims shape = dense.shape();
  if (!order.keeps_shape()) {
    shape.assign(1, order.size());
    shape.insert(shape.end(), features.begin(), features.end());
  }
  size_t row = dense.item();
  for (const Index extent : features) row *= static_cast<size_t>(extent);
  ByteVector rows;
  for (Index position = 0; position < order.size(); ++position) {
    const auto from = dense.bytes().begin() + order.at(position) * static_cast<Index>(row);
    rows.insert(rows.end(), from, from + static_cast<Index>(row));
  }
  DenseField shown(shape, dense.dtype(), ByteVector(dense.item()));
  shown.put(whole_region(shape), rows);
  return shown;
}

}  // namespace neurofs::model
