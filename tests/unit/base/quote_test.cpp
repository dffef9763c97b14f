#include "src/base/quote.h"

#include <gtest/gtest.h>

namespace portcullis {
namespace {

TEST(Quoted, OnlyWhereAShellNeedsIt) {
  EXPECT_EQ(Quoted("runs/model-1.pt"), "runs/model-1.pt");
  EXPECT_EQ(Quoted("my model.pt"), "'my model.pt'");
  EXPECT_EQ(Quoted("it's"), "'it'\\''s'");
  EXPECT_EQ(Quoted("cuda:1>cuda:0"), "'cuda:1>cuda:0'");
  EXPECT_EQ(Quoted(""), "''");
}

}  // namespace
}  // namespace portcullis
