SELECT records FROM main.acknowledged;
