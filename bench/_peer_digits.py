"""The script a person would write for Kaggle's digits: ``python _peer_digits.py train.csv test.csv submission.csv``."""

# pyright: basic
import sys

import pandas as pd
from sklearn.linear_model import LogisticRegression

train_csv, test_csv, submission_csv = sys.argv[1:]

train = pd.read_csv(train_csv)
test = pd.read_csv(test_csv)

model = LogisticRegression(max_iter=100)
model.fit(train.drop(columns="label") / 255, train["label"])
predicted = model.predict(test / 255)

submission = pd.DataFrame({"ImageId": range(1, len(predicted) + 1), "Label": predicted})
submission.to_csv(submission_csv, index=False)
